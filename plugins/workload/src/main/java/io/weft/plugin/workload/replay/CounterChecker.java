// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.SharedLease;
import io.weft.plugin.workload.shared.Violations;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Compares the blocks that a node reads during a replay with the node's own records.
 *
 * <p>Under a lease: the node's own counter equals the number of its own commits of this block; no
 * counter is lower than this node has seen before; the checksum matches the counters; and the
 * block's version is the sum of the counters, because each write raises it by exactly one.
 *
 * <p>Thread-safe because of the leases: entries of a block are used only while it is leased, and
 * concurrent readers of one version write the same values. Blocks are named by their rank in the
 * ascending list of all blocks of the node.
 */
final class CounterChecker {
  private final int node;
  private final int nodes;
  private final long[] blocks;
  private final Violations violations;
  private final AtomicLongArray seen;
  private final AtomicIntegerArray committed;
  private final AtomicIntegerArray acknowledged;

  /**
   * Creates a checker for an empty storage.
   *
   * @param blocks all blocks of the replay, ascending
   */
  CounterChecker(int node, int nodes, long[] blocks, Violations violations) {
    this.node = node;
    this.nodes = nodes;
    this.blocks = blocks.clone();
    this.violations = violations;
    seen = new AtomicLongArray(Math.multiplyExact(blocks.length, nodes));
    committed = new AtomicIntegerArray(blocks.length);
    acknowledged = new AtomicIntegerArray(blocks.length);
  }

  /** The rank of a block. */
  int rankOf(long block) {
    int rank = Arrays.binarySearch(blocks, block);
    if (rank < 0) {
      throw new IllegalArgumentException("block " + block + " is not one of this node's");
    }
    return rank;
  }

  /** Checks a block that is leased for reading. */
  void onRead(int rank, SharedLease lease) {
    check(rank, lease);
  }

  /**
   * Checks a block that is leased for changing, and counts one more write in it. The caller commits
   * next, still holding the lease, and reports the outcome by {@link #onAcknowledged}.
   */
  void onWrite(int rank, Change change, ExclusiveLease lease) {
    check(rank, lease);
    MemorySegment content = lease.content();
    long next = CounterBlock.counter(content, node) + 1;
    CounterBlock.put(change.writable(lease, CounterBlock.offsetOf(node), Long.BYTES), next);
    int checksumOffset = CounterBlock.checksumOffset((int) content.byteSize());
    CounterBlock.put(
        change.writable(lease, checksumOffset, Long.BYTES),
        CounterBlock.checksumFor(blocks[rank], content, nodes));
    // Before the commit releases the lease, so that the next holder finds it; the report to the
    // parent waits for the acknowledgement.
    committed.incrementAndGet(rank);
    seen.setRelease(rank * nodes + node, next);
  }

  /** A commit of this block was acknowledged. */
  void onAcknowledged(int rank) {
    acknowledged.incrementAndGet(rank);
  }

  /** The acknowledged writes of all blocks. Called when no write is in progress. */
  WriteCounts acknowledged() {
    int[] counts = new int[blocks.length];
    Arrays.setAll(counts, acknowledged::get);
    return WriteCounts.of(blocks, counts);
  }

  private void check(int rank, SharedLease lease) {
    MemorySegment content = lease.content();
    long sum = 0;
    for (int other = 0; other < nodes; other++) {
      long counter = CounterBlock.counter(content, other);
      sum += counter;
      int place = rank * nodes + other;
      long before = seen.getAcquire(place);
      if (counter < before) {
        report(lease, "the counter of node %d fell from %d to %d", other, before, counter);
      } else if (counter > before) {
        seen.setRelease(place, counter);
      }
    }
    long own = CounterBlock.counter(content, node);
    if (own != committed.get(rank)) {
      report(lease, "the own counter is %d after %d own writes", own, committed.get(rank));
    }
    if (lease.version() != sum) {
      report(lease, "the version is %d, the counters sum to %d", lease.version(), sum);
    }
    long checksum = CounterBlock.checksum(content);
    if (checksum != CounterBlock.checksumFor(blocks[rank], content, nodes)) {
      report(lease, "the checksum %016x does not match the counters", checksum);
    }
  }

  private void report(SharedLease lease, String what, Object... values) {
    violations.add(
        String.format(
            Locale.ROOT,
            "node %d, block %d:%d (version %d, %s): " + what,
            withLease(lease, values)));
  }

  private Object[] withLease(SharedLease lease, Object[] values) {
    Object[] all = new Object[values.length + 5];
    all[0] = node;
    all[1] = lease.file();
    all[2] = lease.number();
    all[3] = lease.version();
    all[4] = lease.mode();
    System.arraycopy(values, 0, all, 5, values.length);
    return all;
  }
}
