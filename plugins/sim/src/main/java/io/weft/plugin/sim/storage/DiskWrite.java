// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.plugin.sim.time.SimProcess;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A write of a block that a node has handed to the simulated storage. */
final class DiskWrite {
  final SimProcess process;
  final int block;
  final long version;
  final int checksum;
  final BlockStore.WriteCompletion completion;
  private final MemorySegment physical;

  /** Whether a fence stands against it. */
  boolean refused;

  /** A dead writer's write hangs about for a while: until this virtual time, in nanoseconds. */
  long notBefore;

  /**
   * Makes a write.
   *
   * @param physical the block with its header, in the writer's memory until the write is over
   * @param checksum of its content now
   */
  DiskWrite(
      SimProcess process,
      int block,
      long version,
      MemorySegment physical,
      int checksum,
      BlockStore.WriteCompletion completion) {
    this.process = process;
    this.block = block;
    this.version = version;
    this.physical = physical;
    this.checksum = checksum;
    this.completion = completion;
  }

  /** The block without its header, as the writer's memory is now. */
  MemorySegment content() {
    return physical.asSlice(BlockLayout.HEADER_BYTES);
  }

  /** A copy of the content. */
  byte[] bytes() {
    return content().toArray(ValueLayout.JAVA_BYTE);
  }
}
