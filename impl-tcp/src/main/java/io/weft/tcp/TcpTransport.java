// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.EventLoop;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.peer.GuardedListener;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Services;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.Protection;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The transport over TCP: one connection for each pair of nodes, and one {@link Peer} for each
 * other configured node, whether it is a member or not.
 *
 * <p>The main path: {@link #send} queues a message in the {@link Outbox} of the {@link Peer}. The
 * draining thread moves it into a lane of the session, and {@link Link} writes it. At the receiver,
 * {@link Connection} reads the frame and calls {@link Services#deliver}.
 */
final class TcpTransport implements Transport {
  /** Longest wait for peers and event loops when the transport closes. */
  private static final long SHUTDOWN_SECONDS = 10;

  private final LocalNode local;
  private final NodeStop stop;
  private final Services services;
  private final PeerTable peers;
  private final ThreadLocal<Burst> bursts = ThreadLocal.withInitial(Burst::new);
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean running;
  private Optional<EventLoops> loops = Optional.empty();
  private Optional<PeerFactory> peerFactory = Optional.empty();
  private Optional<ListeningSocket> server = Optional.empty();

  @Inject
  TcpTransport(
      TcpSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics) {
    this.local = new LocalNode(settings, node, clock, views, storage, TcpCounters.of(metrics));
    this.stop = new NodeStop(failure);
    this.services = new Services(local.counters().messagesReceived(), stop);
    this.peers = new PeerTable(node.nodeId());
  }

  @Override
  public String name() {
    return "tcp";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    services.register(service, handler);
  }

  // Start and end

  @Override
  public void start(PeerListener listener) {
    Protection protection = local.protection(stop::onThrown);
    EventLoops started = loops(protection);
    loops = Optional.of(started);
    stop.tryAgainWith(
        (delayMs, task) -> started.group().schedule(task, delayMs, TimeUnit.MILLISECONDS));
    services.complete();
    Refusals refusals = new Refusals(local.counters());
    peerFactory =
        Optional.of(new PeerFactory(started, new GuardedListener(listener, stop), refusals));
    for (Member member : local.node().members()) {
      addPeer(member);
    }
    running = true;
    try {
      server = Optional.of(new ListeningSocket(local, started, peers, refusals, stop));
    } catch (WeftException e) {
      close();
      throw e;
    }
    for (Peer peer : peers.all()) {
      peer.loop().execute(peer::hasten);
    }
  }

  private EventLoops loops(Protection protection) {
    try {
      return EventLoops.of(local.settings(), protection);
    } catch (WeftException e) {
      protection.close();
      throw e;
    }
  }

  private void addPeer(Member member) {
    if (!member.id().equals(local.node().nodeId())) {
      peers.add(peerFactory.orElseThrow().make(member));
    }
  }

  /** Makes peers, which share the event loops. Used by one thread at a time. */
  private final class PeerFactory {
    private final EventLoops started;
    private final GuardedListener listener;
    private final Refusals refusals;
    private final Map<EventLoop, IoLoop> ioLoops = new HashMap<>();

    PeerFactory(EventLoops started, GuardedListener listener, Refusals refusals) {
      this.started = started;
      this.listener = listener;
      this.refusals = refusals;
    }

    Peer make(Member member) {
      IoLoop loop =
          ioLoops.computeIfAbsent(
              started.group().next(), l -> new IoLoop(l, local.settings(), stop::onThrown));
      return new Peer(local, member, loop, started, services, listener, refusals, stop);
    }
  }

  @Override
  public void contacts(List<Member> members) {
    synchronized (peers) {
      if (!running || closed.get()) {
        return;
      }
      Map<Integer, Member> listed = new HashMap<>();
      members.forEach(member -> listed.put(member.id().value(), member));
      for (Peer peer : peers.all()) {
        Optional<Member> agreed = Optional.ofNullable(listed.remove(peer.id().value()));
        PeerTable.onLoop(peer, () -> peer.contact(agreed));
      }
      for (Member member : listed.values()) {
        addPeer(member);
        if (peers.contains(member.id().value())) {
          PeerTable.onLoop(peers.get(member.id().value()), peers.get(member.id().value())::hasten);
        }
      }
    }
  }

  @Override
  public void close() {
    end(!stop.isFailed());
  }

  @Override
  public void abort() {
    end(false);
  }

  private void end(boolean planned) {
    synchronized (peers) { // no peer is added from here on
      if (!running || !closed.compareAndSet(false, true)) {
        return;
      }
    }
    if (planned) {
      awaitAll(
          peers.all().stream().map(Peer::leave).toList(),
          local.settings().goodbyeTime().toMillis());
    }
    server.ifPresent(ListeningSocket::close);
    awaitAll(peers.all().stream().map(Peer::close).toList(), SHUTDOWN_SECONDS * 1_000);
    loops.ifPresent(
        l ->
            l.group()
                .shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly());
    loops.ifPresent(l -> l.protection().close());
  }

  private static void awaitAll(List<CompletableFuture<Void>> futures, long timeoutMs) {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    boolean interrupted = false;
    while (!all.isDone() && end - System.nanoTime() > 0) {
      try {
        all.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (TimeoutException | ExecutionException e) {
        break; // the others end without a goodbye, as after a crash
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // The data path

  @Override
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    Peer peer = peers.get(to);
    OutboundMessage message = OutboundMessage.of(service, lane, epoch, header, payload);
    Outbox outbox = peer.outbox();
    if (outbox.isRefusing() || epoch == Views.NO_EPOCH && !outbox.isBound()) {
      payload.released();
      return;
    }
    Burst burst = bursts.get();
    if (burst.depth > 0) {
      outbox.queue(message);
      burst.touch(outbox);
    } else {
      outbox.send(message);
    }
  }

  @Override
  public void beginBurst() {
    bursts.get().depth++;
  }

  @Override
  public void endBurst() {
    Burst burst = bursts.get();
    if (--burst.depth == 0) {
      burst.leave();
    }
  }

  /** The outboxes in which one thread has queued messages during a burst. */
  private static final class Burst {
    private final List<Outbox> touched = new ArrayList<>();
    private int depth;

    void touch(Outbox outbox) {
      if (!touched.contains(outbox)) {
        touched.add(outbox);
      }
    }

    void leave() {
      for (int i = 0; i < touched.size(); i++) {
        touched.get(i).signalQueued();
      }
      touched.clear();
    }
  }

  // View changes

  /**
   * {@inheritDoc}
   *
   * <p>Every event loop passes a barrier, then delivers the messages parked for the new view, then
   * {@code quiet} runs. The epoch of a frame is compared with the current epoch on the thread that
   * runs its handler, immediately before that. So an event loop that has passed the barrier handles
   * no older message any more.
   */
  @Override
  public void viewInstalled(Runnable quiet) {
    peers.onLoops(
        peer -> local.views().installed().ifPresent(peer::prepare),
        () -> peers.onLoops(Peer::deliverParked, () -> stop.guarded(quiet)));
  }

  @Override
  public void evict(int node, long incarnation) {
    Peer peer = peers.get(node);
    PeerTable.onLoop(peer, () -> peer.evict(incarnation));
  }

  @Override
  public List<String> obstacles() {
    return peers.all().stream().map(Peer::obstacle).filter(text -> !text.isEmpty()).toList();
  }

  /** Breaks the connection to a peer; for tests. */
  void cut(int peer) {
    peers.get(peer).cut();
  }

  /** This node; for tests. */
  LocalNode local() {
    return local;
  }
}
