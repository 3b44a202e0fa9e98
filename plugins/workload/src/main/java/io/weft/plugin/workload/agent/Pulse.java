// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.ValueBlock;
import io.weft.spi.directory.BucketMap;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Repeatedly touches blocks that no other node uses, and records the longest time of a touch. The
 * failure of another node should have no effect on it, unless that node is the block's master.
 *
 * <p>Changes are committed without waiting for their redo, so that the disk is not measured. There
 * is a thread for each master, so that no touch waits for a block of another master.
 */
final class Pulse implements AutoCloseable {
  /** The file of these blocks. */
  static final int FILE = 3;

  /** Interval of touches: 2 ms, short enough to observe a failover, with little redo. */
  private static final long PACE_NS = 2_000_000;

  /** Distance of the blocks: each is in another extent, and may have another master. */
  private static final long STRIDE = 64;

  private final BlockCache cache;
  private final BucketMap masters;
  private final long[] blocks;
  private final Thread[] threads;

  /** Longest time in nanoseconds, by the master that the block had at the mark. */
  private final AtomicLongArray longestNs;

  /** Start of the current touch, by master; 0 if there is none. */
  private final AtomicLongArray underWayNs;

  private volatile long[][] blocksOfMaster;
  private volatile boolean closed;

  /**
   * Creates a pulse that has not started.
   *
   * @param node index of this node, from 0
   * @param nodes number of nodes
   * @param count number of blocks
   */
  Pulse(BlockCache cache, BucketMap masters, int node, int nodes, int count) {
    this.cache = cache;
    this.masters = masters;
    blocks = new long[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = ((long) i * nodes + node) * STRIDE;
    }
    longestNs = new AtomicLongArray(nodes);
    underWayNs = new AtomicLongArray(nodes);
    threads = new Thread[nodes];
    blocksOfMaster = byMaster();
  }

  /** Touches every block once, and starts the threads. */
  void start() {
    for (int master = 0; master < threads.length; master++) {
      int mine = master;
      threads[master] =
          Thread.ofPlatform().daemon().name("weft-pulse-" + master).start(() -> beat(mine));
    }
  }

  /** Drops the measurements, and uses the current master map from now on. */
  void mark() {
    blocksOfMaster = byMaster();
    for (int master = 0; master < longestNs.length(); master++) {
      longestNs.set(master, 0);
    }
  }

  /**
   * Adds, for each master, the longest time since the mark, including current touches; null for a
   * master none of whose blocks was touched.
   */
  void addTo(ObjectNode event) {
    long now = Clock.SYSTEM.nanoTime();
    var micros = event.putArray("longestMicros");
    for (int master = 0; master < longestNs.length(); master++) {
      long since = underWayNs.get(master);
      long waiting = since == 0 ? 0 : now - since;
      long longest = Math.max(waiting, longestNs.get(master));
      if (longest == 0) {
        micros.addNull();
      } else {
        micros.add(longest / 1000);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private long[][] byMaster() {
    long[][] groups = new long[threads.length][];
    for (int master = 0; master < groups.length; master++) {
      int wanted = master;
      groups[master] =
          Arrays.stream(blocks).filter(block -> masters.masterOf(FILE, block) == wanted).toArray();
    }
    return groups;
  }

  private void beat(int master) {
    Change change = cache.newChange();
    int next = 0;
    while (!closed) {
      long[] mine = blocksOfMaster[master];
      if (mine.length > 0) {
        long startNs = Clock.SYSTEM.nanoTime();
        underWayNs.set(master, startNs);
        try {
          touch(change, mine[next++ % mine.length]);
        } catch (WeftException e) {
          if (!new Patience().bears(e)) {
            return; // The node has stopped, which is reported elsewhere.
          }
        }
        underWayNs.set(master, 0);
        long tookNs = Clock.SYSTEM.nanoTime() - startNs;
        longestNs.accumulateAndGet(master, tookNs, Math::max);
      }
      LockSupport.parkNanos(PACE_NS);
    }
  }

  private static void touch(Change change, long block) {
    try (change) {
      ExclusiveLease lease = change.exclusive(FILE, block);
      ValueBlock.write(change, lease, ValueBlock.value(lease.content()) + 1);
      change.commit(Durability.ASYNC);
    }
  }
}
