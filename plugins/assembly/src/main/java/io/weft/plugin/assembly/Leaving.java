// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * Lets nodes that leave at about the same time wait for each other. Thread-safe.
 *
 * <p>A node that gives up its cache needs the masters of its blocks, so a master that leaves first
 * would take away what the others still need. Views are static, nobody can take over. Therefore a
 * node that has drained its cache says so ({@code DRAINED}), and goes on serving until each peer
 *
 * <ul>
 *   <li>has said {@code DRAINED}, too: it needs nobody any more; or
 *   <li>has said {@code STAYING}: it is not leaving, and lives with what it loses; or
 *   <li>is gone.
 * </ul>
 *
 * <pre>
 *            begin            drained            all peers done, or time-out
 *   RUNNING -------> DRAINING -------> DRAINED -----------------------------> goodbye
 *   DRAINED received:
 *     answer STAYING   (no answer: DRAINED will follow)
 *     after LINGER
 * </pre>
 *
 * The answer lingers, because an operator who stops all nodes does not stop them in the same
 * microsecond: a node that begins to leave meanwhile does not answer.
 */
final class Leaving {
  /** The transport's service for these messages. */
  static final int SERVICE = 255;

  /** How long a node that is not leaving waits before it says so. */
  static final long LINGER_NS = 300_000_000L;

  private static final byte VERSION = 1;
  private static final byte DRAINED = 1;
  private static final byte STAYING = 2;

  private enum State {
    RUNNING,
    DRAINING,
    DRAINED
  }

  private final int self;
  private final long peers;
  private final Transport transport;
  private final NodeRuntime runtime;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private State state = State.RUNNING;
  private long ready;

  Leaving(NodeSettings settings, Transport transport, NodeRuntime runtime) {
    this.self = settings.nodeId().value();
    this.transport = transport;
    this.runtime = runtime;
    long all = 0;
    for (Member member : settings.members()) {
      all |= 1L << member.id().value();
    }
    peers = all & ~(1L << self);
    transport.register(SERVICE, (from, header, _) -> onMessage(from, header));
    completeIfAll();
  }

  /** The node has begun to leave. */
  synchronized void begin() {
    state = State.DRAINING;
  }

  /** The node has given up everything. */
  void drained() {
    synchronized (this) {
      state = State.DRAINED;
    }
    for (int peer = 0; peer < Long.SIZE; peer++) {
      if ((peers & (1L << peer)) != 0) {
        send(peer, DRAINED);
      }
    }
  }

  synchronized boolean isDrained() {
    return state == State.DRAINED;
  }

  /** Completes when no peer needs this node any more, or can be waited for. */
  CompletableFuture<Void> done() {
    return done;
  }

  /** A peer has left or is lost. */
  void onGone(int peer) {
    ready(peer);
  }

  private void onMessage(int from, ByteBuffer header) {
    if (header.remaining() < 2 || header.get() != VERSION) {
      return; // A later version's question: not answered, so the time-out decides.
    }
    switch (header.get()) {
      case DRAINED -> {
        ready(from);
        runtime.schedule(LINGER_NS, () -> answer(from));
      }
      case STAYING -> ready(from);
      default -> {}
    }
  }

  private void answer(int peer) {
    boolean staying;
    synchronized (this) {
      staying = state == State.RUNNING;
    }
    if (staying) {
      send(peer, STAYING);
    }
  }

  private void ready(int peer) {
    synchronized (this) {
      ready |= 1L << peer;
    }
    completeIfAll();
  }

  private void completeIfAll() {
    boolean all;
    synchronized (this) {
      all = (peers & ~ready) == 0;
    }
    if (all) {
      done.complete(null);
    }
  }

  private void send(int peer, byte message) {
    transport.send(peer, SERVICE, Lane.CONTROL, new byte[] {VERSION, message}, Payload.NONE);
  }
}
