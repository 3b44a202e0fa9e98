// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.NodeId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The other nodes, by id. Read by any thread; a node that has once been added stays. */
final class ShmPeers {
  /** By id, up to the largest one. */
  private volatile ShmPeer[] peers = {};

  private final NodeId self;

  ShmPeers(NodeId self) {
    this.self = self;
  }

  /** Adds a node; by one thread at a time. */
  void add(ShmPeer peer) {
    int id = peer.id().value();
    ShmPeer[] more = Arrays.copyOf(peers, Math.max(peers.length, id + 1));
    more[id] = peer;
    peers = more;
  }

  /**
   * The peer with that id.
   *
   * @throws IllegalArgumentException if there is none
   */
  ShmPeer get(int node) {
    ShmPeer[] known = peers;
    if (node >= known.length || known[node] == null) {
      throw new IllegalArgumentException("node " + node + " is not a peer of " + self);
    }
    return known[node];
  }

  /** Whether there is a peer with that id, 0 or larger. */
  boolean contains(int id) {
    ShmPeer[] known = peers;
    return id < known.length && known[id] != null;
  }

  List<ShmPeer> all() {
    List<ShmPeer> all = new ArrayList<>();
    for (ShmPeer peer : peers) {
      if (peer != null) {
        all.add(peer);
      }
    }
    return all;
  }

  /**
   * Runs a task for each peer on the receiving thread, after the tasks already queued there; then
   * runs {@code then}.
   */
  void onLoops(Consumer<ShmPeer> task, Runnable then) {
    List<ShmPeer> all = all();
    AtomicInteger left = new AtomicInteger(all.size() + 1);
    Runnable arrived =
        () -> {
          if (left.decrementAndGet() == 0) {
            then.run();
          }
        };
    for (ShmPeer peer : all) {
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

  /** Runs a task on the receiving thread; false if that has ended. */
  static boolean onLoop(ShmPeer peer, Runnable task) {
    try {
      peer.loop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
