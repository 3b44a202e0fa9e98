// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.plugin.workload.run.DiskBlocks;
import io.weft.plugin.workload.shared.Violations;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * Compares the acknowledged writes of the nodes with the blocks on disk: every counter of every
 * block equals the acknowledged writes of its node, the version is their sum, the checksum matches,
 * and blocks that were only read were never written.
 */
final class ReplayProof {
  private final List<WriteCounts> acknowledged;
  private final Violations violations;
  private long lostUpdates;

  /**
   * Creates a proof.
   *
   * @param acknowledged acknowledged writes of each node
   * @param violations receives all errors on disk other than lost writes
   */
  ReplayProof(List<WriteCounts> acknowledged, Violations violations) {
    this.acknowledged = List.copyOf(acknowledged);
    this.violations = violations;
  }

  /**
   * Reads the blocks.
   *
   * @param blocks all blocks that the trace covers
   * @param tick called repeatedly with the number of blocks read
   */
  void compare(DiskBlocks disk, long[] blocks, LongConsumer tick) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(disk.contentBytes());
      for (int i = 0; i < blocks.length; i++) {
        long version = disk.read(ReplayJob.FILE, blocks[i], content);
        compare(blocks[i], version, content);
        tick.accept(i + 1);
      }
    }
  }

  /** Acknowledged writes that the disk does not have. */
  long lostUpdates() {
    return lostUpdates;
  }

  private void compare(long block, long version, MemorySegment content) {
    long sum = 0;
    for (int node = 0; node < acknowledged.size(); node++) {
      long expected = acknowledged.get(node).of(block);
      long found = CounterBlock.counter(content, node);
      sum += found;
      if (found < expected) {
        lostUpdates += expected - found;
        violations.add(
            String.format(
                Locale.ROOT,
                "on disk, block %d: the counter of node %d is %d after %d acknowledged writes",
                block,
                node,
                found,
                expected));
      } else if (found > expected) {
        violations.add(
            String.format(
                Locale.ROOT,
                "on disk, block %d: the counter of node %d is %d, only %d writes were acknowledged",
                block,
                node,
                found,
                expected));
      }
    }
    if (version != sum) {
      violations.add(
          String.format(
              Locale.ROOT,
              "on disk, block %d: the version is %d, the counters sum to %d",
              block,
              version,
              sum));
    }
    if (CounterBlock.checksum(content)
        != CounterBlock.checksumFor(block, content, acknowledged.size())) {
      violations.add(
          String.format(
              Locale.ROOT, "on disk, block %d: the checksum does not match the counters", block));
    }
  }
}
