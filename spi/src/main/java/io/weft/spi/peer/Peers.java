// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.Member;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The other nodes as a {@link Transport} uses them: a {@link Peer} for each node that is configured
 * or has become a member since. Messages to them, the decisions of the membership about them, their
 * begin and their end. Thread-safe.
 *
 * <p>The main path: {@link #send} queues a message in the {@link Outbox} of its {@link Peer}. The
 * draining thread moves it into a lane of the session, and the {@link FrameLink} writes it. At the
 * receiver, the {@link PeerConnection} reads the frame and calls {@link Services#deliver}.
 *
 * @param <H> the handshakes of the transport
 */
public final class Peers<H extends Handshake> {
  /** Longest wait for the ends of all sessions: 10 s. */
  private static final long END_MS = 10_000;

  private final LocalNode local;
  private final NodeStop stop;
  private final LongSupplier clock;
  private final PeerTable<H> table;
  private final ThreadLocal<Burst> bursts = ThreadLocal.withInitial(Burst::new);

  /** Makes a peer of a member; empty before the start. */
  private Optional<Function<Member, Peer<H>>> factory = Optional.empty();

  private boolean closed;

  /**
   * No other node is known yet.
   *
   * @param clock monotonic time in nanoseconds
   */
  public Peers(LocalNode local, NodeStop stop, LongSupplier clock) {
    this.local = local;
    this.stop = stop;
    this.clock = clock;
    this.table = new PeerTable<>(local.node().nodeId());
  }

  // Begin and end

  /** Makes a peer of each configured node, without dialling it, and later of each new one. */
  public synchronized void open(Function<Member, Peer<H>> made) {
    factory = Optional.of(made);
    local.node().members().forEach(this::add);
  }

  private void add(Member member) {
    if (!member.id().equals(local.node().nodeId())) {
      table.add(factory.orElseThrow().apply(member));
    }
  }

  /**
   * No node is added from here on.
   *
   * @return false if there are no peers, or this was called before
   */
  public synchronized boolean beginClosing() {
    boolean begins = factory.isPresent() && !closed;
    closed = true;
    return begins;
  }

  /** Sends a goodbye to all peers, and waits until they have it. */
  public void leave() {
    awaitAll(table.all().stream().map(Peer::leave).toList(), local.times().goodbye().toMillis());
  }

  /** Ends all sessions, and waits for that. */
  public void close() {
    awaitAll(table.all().stream().map(Peer::close).toList(), END_MS);
  }

  private void awaitAll(List<CompletableFuture<Void>> futures, long timeoutMs) {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    long end = clock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    boolean interrupted = false;
    while (!all.isDone() && end - clock.getAsLong() > 0) {
      try {
        all.get(end - clock.getAsLong(), TimeUnit.NANOSECONDS);
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

  // Who they are

  /** All peers. */
  public List<Peer<H>> all() {
    return table.all();
  }

  /**
   * The peer with that id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Peer<H> get(int node) {
    return table.get(node);
  }

  /** Whether there is a peer with that id, 0 or larger. */
  public boolean contains(int id) {
    return table.contains(id);
  }

  /** Why peers are not connected, as {@link Transport#obstacles} says it. */
  public List<String> obstacles() {
    return table.all().stream().map(Peer::obstacle).filter(text -> !text.isEmpty()).toList();
  }

  /** Passes a caller that fits to its peer; on the thread of the handshake. */
  public void introduce(H handshake, Hello hello) {
    table.get(hello.from()).introduce(handshake, hello);
  }

  /** Changes the nodes to connect to ({@link Transport#contacts}). */
  public synchronized void contacts(List<Member> members) {
    if (factory.isEmpty() || closed) {
      return;
    }
    Map<Integer, Member> listed = new HashMap<>();
    members.forEach(member -> listed.put(member.id().value(), member));
    for (Peer<H> peer : table.all()) {
      Optional<Member> agreed = Optional.ofNullable(listed.remove(peer.id().value()));
      PeerTable.onLoop(peer, () -> peer.contact(agreed));
    }
    for (Member member : listed.values()) {
      add(member);
      if (table.contains(member.id().value())) {
        Peer<H> added = table.get(member.id().value());
        PeerTable.onLoop(added, added::hasten);
      }
    }
  }

  // The data path

  /** Sends a message ({@link Transport#send}). */
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    Peer<H> peer = table.get(to);
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

  /** Begins a burst of messages of this thread. */
  public void beginBurst() {
    bursts.get().depth++;
  }

  /** Ends the burst that this thread began last. */
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
   * There is a new view ({@link Transport#viewInstalled}).
   *
   * <p>Every loop passes a barrier, then delivers the messages parked for the new view, then {@code
   * quiet} runs. The epoch of a frame is compared with the current epoch on the thread that runs
   * its handler, immediately before that. So a loop that has passed the barrier handles no older
   * message any more.
   */
  public void viewInstalled(Runnable quiet) {
    table.onLoops(
        peer -> local.views().installed().ifPresent(peer::prepare),
        () -> table.onLoops(Peer::deliverParked, () -> stop.guarded(quiet)));
  }

  /** Ends the session with an incarnation and earlier ones, and refuses them from now on. */
  public void evict(int node, long incarnation) {
    Peer<H> peer = table.get(node);
    PeerTable.onLoop(peer, () -> peer.evict(incarnation));
  }
}
