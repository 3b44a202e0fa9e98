// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import io.weft.api.NodeId;
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
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
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
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The transport over shared memory: one connection for each pair of nodes, one receiving thread,
 * and one {@link ShmPeer} for each other node that is configured or has become a member since.
 *
 * <p>The main path: {@link #send} queues a message in the {@link RingOutbox} of the {@link
 * ShmPeer}. The draining thread moves it into a lane of the session, and {@link RingLink} writes it
 * into the ring. At the receiver, {@link RingConnection} finds the frame there and calls {@link
 * Services#deliver}.
 */
final class ShmTransport implements Transport {
  /** Longest wait for peers and the receiving thread when the transport closes. */
  private static final long SHUTDOWN_SECONDS = 10;

  private static final Logger LOG = System.getLogger(ShmTransport.class.getName());

  private final ThisNode local;
  private final NodeStop stop;
  private final Services services;
  private final ShmPeers peers;
  private final ClusterDirectory directory;
  private final String self;
  private final ThreadLocal<Burst> bursts = ThreadLocal.withInitial(Burst::new);
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean running;
  private Optional<ShmLoop> loop = Optional.empty();
  private volatile Optional<NodePlace> place = Optional.empty();
  private Optional<FileChannel> lock = Optional.empty();
  private Optional<Function<Member, ShmPeer>> peerFactory = Optional.empty();

  @Inject
  ShmTransport(
      ShmSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics) {
    this(settings, node, failure, clock, views, storage, metrics, ClusterDirectory::usable);
  }

  /** With another file system; for tests. */
  ShmTransport(
      ShmSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics,
      ClusterDirectory.Space space) {
    this.local = new ThisNode(settings, node, clock, views, storage, ShmCounters.of(metrics));
    this.stop = new NodeStop(failure);
    this.services = new Services(local.counters().messagesReceived(), stop);
    this.peers = new ShmPeers(node.nodeId());
    this.directory = ClusterDirectory.of(settings.directory(), node.clusterName(), space);
    this.self = FileName.incarnation(node.self(), node.incarnation());
  }

  @Override
  public String name() {
    return "shm";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    services.register(service, handler);
  }

  // Start and end

  @Override
  public void start(PeerListener listener) {
    NodePage page = open();
    ShmLoop started =
        new ShmLoop(page, local.settings(), "weft-shm-1", Futex.isSupported(), stop::onThrown);
    loop = Optional.of(started);
    stop.tryAgainWith(started::executeIn);
    services.complete();
    NodePlace opened = new NodePlace(directory, self, page);
    place = Optional.of(opened);
    CallRefusals refusals = new CallRefusals(local.counters().rejectedConnections());
    GuardedListener guarded = new GuardedListener(listener, stop);
    peerFactory =
        Optional.of(
            member ->
                new ShmPeer(local, member, started, opened, refusals, services, guarded, stop));
    local.node().members().forEach(this::addPeer);
    Calls calls = new Calls(local, opened, started, peers, refusals, stop);
    running = true;
    started.execute(
        () -> {
          started.add(calls);
          peers.all().forEach(ShmPeer::hasten);
        });
    started.start();
    LOG.log(
        Level.INFO,
        "{0} can be called as {1} in {2} ({3})",
        local.node().nodeId(),
        self,
        directory,
        Futex.isSupported() ? "sleeps on a futex" : "sleeps for bounded times");
  }

  /** Takes this node's place in the directory. */
  private NodePage open() {
    try {
      checkRoom();
      FileChannel locked = directory.live(self); // only from here on is the directory trusted
      try {
        directory.sweep();
        checkAlone();
        // Late calls of tasks may still wake the thread when the transport has been closed.
        NodePage page = NodePage.make(directory, self, Arena.ofAuto());
        checkAlone(); // another one may have looked at the same time: then neither runs
        lock = Optional.of(locked);
        return page;
      } catch (IOException | WeftException e) {
        directory.die(self, locked);
        throw e;
      }
    } catch (IOException e) {
      throw new WeftException(
          TransportErrors.SHARED_MEMORY_REFUSED,
          directory + " cannot be used: " + e + "; set weft.transport.shm.directory",
          e);
    }
  }

  /** Refuses to run beside another process of this node. */
  private void checkAlone() throws IOException {
    for (String other : directory.living(local.node().self())) {
      if (!other.equals(self)) {
        throw new WeftException(
            TransportErrors.PORT_IN_USE,
            other + " lives in " + directory + "; another process runs this node");
      }
    }
  }

  /** Checks that the connections to nodes with lower ids, which this node makes, have room. */
  private void checkRoom() throws IOException {
    NodeId own = local.node().nodeId();
    long lower = local.node().members().stream().filter(m -> m.id().compareTo(own) < 0).count();
    long bytes = NodePage.BYTES + lower * Wire.fileBytes((int) local.settings().ringSize().bytes());
    directory.checkRoom(bytes, own + " with connections to its " + lower + " peers of lower id");
  }

  private void addPeer(Member member) {
    if (!member.id().equals(local.node().nodeId())) {
      peers.add(peerFactory.orElseThrow().apply(member));
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>The file names of a node have its port, so a node with another port is found under another
   * name.
   */
  @Override
  public void contacts(List<Member> members) {
    synchronized (peers) {
      if (!running || closed.get()) {
        return;
      }
      Map<Integer, Member> listed = new HashMap<>();
      members.forEach(member -> listed.put(member.id().value(), member));
      for (ShmPeer peer : peers.all()) {
        Optional<Member> agreed = Optional.ofNullable(listed.remove(peer.id().value()));
        ShmPeers.onLoop(peer, () -> peer.contact(agreed));
      }
      for (Member member : listed.values()) {
        addPeer(member);
        if (peers.contains(member.id().value())) {
          ShmPeer added = peers.get(member.id().value());
          ShmPeers.onLoop(added, added::hasten);
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
    try {
      if (planned) {
        awaitAll(
            peers.all().stream().map(ShmPeer::leave).toList(),
            local.settings().goodbyeTime().toMillis());
      }
      awaitAll(peers.all().stream().map(ShmPeer::close).toList(), SHUTDOWN_SECONDS * 1_000);
    } finally {
      loop.ifPresent(ShmLoop::close);
      lock.ifPresent(held -> directory.die(self, held));
    }
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
    ShmPeer peer = peers.get(to);
    OutboundMessage message = OutboundMessage.of(service, lane, epoch, header, payload);
    RingOutbox outbox = peer.outbox();
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
    private final List<RingOutbox> touched = new ArrayList<>();
    private int depth;

    void touch(RingOutbox outbox) {
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
   * <p>The receiving thread passes a barrier, then delivers the messages parked for the new view,
   * then {@code quiet} runs. The epoch of a frame is compared with the current epoch on the thread
   * that runs its handler, immediately before that. So when it has passed the barrier it handles no
   * older message any more.
   */
  @Override
  public void viewInstalled(Runnable quiet) {
    peers.onLoops(
        peer -> local.views().installed().ifPresent(peer::prepare),
        () -> peers.onLoops(ShmPeer::deliverParked, () -> stop.guarded(quiet)));
  }

  @Override
  public void evict(int node, long incarnation) {
    ShmPeer peer = peers.get(node);
    ShmPeers.onLoop(peer, () -> peer.evict(incarnation));
  }

  @Override
  public List<String> obstacles() {
    return Stream.concat(
            place.flatMap(NodePlace::whyHidden).stream(),
            peers.all().stream().map(ShmPeer::obstacle).filter(text -> !text.isEmpty()))
        .toList();
  }

  /** Breaks the connection to a peer; for tests. */
  void cut(int peer) {
    peers.get(peer).cut();
  }

  /** This node; for tests. */
  ThisNode local() {
    return local;
  }
}
