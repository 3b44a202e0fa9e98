// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import java.lang.foreign.MemorySegment;

/** Reads blocks from the storage of nodes that have stopped. Used by one thread. */
public interface DiskBlocks extends AutoCloseable {
  /** Usable bytes of a block. */
  int contentBytes();

  /**
   * Reads a block and verifies it.
   *
   * @param content receives {@link #contentBytes()} bytes; all zero if the block was never written
   * @return the version, 0 if the block was never written
   * @throws io.weft.api.WeftException if the block is damaged or cannot be read
   */
  long read(int file, long number, MemorySegment content);

  @Override
  void close();
}
