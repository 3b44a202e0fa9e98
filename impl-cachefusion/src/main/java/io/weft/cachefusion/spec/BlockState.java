// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

import io.weft.api.BlockMode;
import java.lang.foreign.MemorySegment;

/**
 * What a node holds of a block, for checkers. Valid while no event of the block's shard runs.
 *
 * @param mode as users see it
 * @param readable application threads may read it now
 * @param changeable application threads may change it now
 * @param version of the image held, 0 without one
 * @param underChange a change has it pinned
 * @param releasing a release is pending
 * @param requesting a request is open
 * @param writing a disk write is in progress
 * @param waiters local callers in the queue
 * @param pastVersion version of the past image, 0 without one
 * @param content the image held, read-only; size 0 without one
 */
public record BlockState(
    BlockMode mode,
    boolean readable,
    boolean changeable,
    long version,
    boolean underChange,
    boolean releasing,
    boolean requesting,
    boolean writing,
    int waiters,
    long pastVersion,
    MemorySegment content) {
  /** The state of a block without an entry. */
  public static final BlockState ABSENT =
      new BlockState(
          BlockMode.NULL, false, false, 0, false, false, false, false, 0, 0, MemorySegment.NULL);
}
