// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The other nodes, by id. Read by any thread; a node that has once been added stays.
 *
 * @param <H> the handshakes of the transport
 */
final class PeerTable<H extends Handshake> {
  /** By id, up to the largest one; null for a node that is not known. Replaced, never changed. */
  private volatile ArrayList<Peer<H>> peers = new ArrayList<>();

  private final NodeId self;

  PeerTable(NodeId self) {
    this.self = self;
  }

  /** Adds a node; by one thread at a time. */
  void add(Peer<H> peer) {
    int id = peer.id().value();
    ArrayList<Peer<H>> more = new ArrayList<>(peers);
    while (more.size() <= id) {
      more.add(null);
    }
    more.set(id, peer);
    peers = more;
  }

  /**
   * The peer with that id.
   *
   * @throws IllegalArgumentException if there is none
   */
  Peer<H> get(int node) {
    ArrayList<Peer<H>> known = peers;
    Peer<H> peer = node < known.size() ? known.get(node) : null;
    if (peer == null) {
      throw new IllegalArgumentException("node " + node + " is not a peer of " + self);
    }
    return peer;
  }

  /** Whether there is a peer with that id, 0 or larger. */
  boolean contains(int id) {
    ArrayList<Peer<H>> known = peers;
    return id < known.size() && known.get(id) != null;
  }

  List<Peer<H>> all() {
    return peers.stream().filter(Objects::nonNull).toList();
  }

  /**
   * Runs a task for each peer on its loop, after the tasks already queued there; then runs {@code
   * then}.
   */
  void onLoops(Consumer<Peer<H>> task, Runnable then) {
    List<Peer<H>> all = all();
    AtomicInteger left = new AtomicInteger(all.size() + 1);
    Runnable arrived =
        () -> {
          if (left.decrementAndGet() == 0) {
            then.run();
          }
        };
    for (Peer<H> peer : all) {
      boolean runs =
          onLoop(
              peer,
              () -> {
                try {
                  task.accept(peer);
                } finally {
                  arrived.run(); // the loop reports an exception, and the others continue
                }
              });
      if (!runs) {
        arrived.run();
      }
    }
    arrived.run();
  }

  /** Runs a task on a peer's loop; false if that has ended. */
  static boolean onLoop(Peer<?> peer, Runnable task) {
    try {
      peer.loop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
