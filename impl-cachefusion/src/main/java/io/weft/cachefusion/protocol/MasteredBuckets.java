// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.directory.Buckets;
import java.util.Optional;

/**
 * The buckets that this node masters, and those of them whose directory is lost. Owned by the
 * shard's executor.
 *
 * <p>While a view is being installed, the directory of a bucket is <em>kept</em> if this node
 * mastered it in the previous view, too; otherwise it is <em>lost</em> until all members have
 * reported.
 */
final class MasteredBuckets {
  private final int self;

  /** The master map of the previous view; empty if nothing of the directory is kept. */
  private Optional<MovableMap> before = Optional.empty();

  /** The master map of the view in force; empty before the first. */
  private Optional<MovableMap> masters = Optional.empty();

  /** Whether blocks of lost buckets are still unknown. */
  private boolean rebuilding;

  MasteredBuckets(int self) {
    this.self = self;
  }

  /**
   * Installs a view.
   *
   * @param previous the map of the previous view, if this node has installed it; used only if the
   *     directory was rebuilt in it
   */
  void install(Optional<MovableMap> previous, MovableMap now) {
    masters = Optional.of(now);
    before = rebuilding ? Optional.empty() : previous;
    rebuilding = true;
  }

  /** All members have reported. */
  void rebuilt() {
    rebuilding = false;
  }

  /** Whether not all members have reported. */
  boolean isRebuilding() {
    return rebuilding;
  }

  /** Whether no entry of the previous view is kept. */
  boolean keepsNothing() {
    return before.isEmpty();
  }

  /** Whether a bucket is mastered here and its entries are kept from the previous view. */
  boolean keeps(int bucket) {
    return masters.orElseThrow().masterOfBucket(bucket) == self && !wasElsewhere(bucket);
  }

  /** Whether the block's bucket is lost. */
  boolean isLost(BlockId block) {
    return rebuilding && wasElsewhere(Buckets.of(block.file(), block.number()));
  }

  private boolean wasElsewhere(int bucket) {
    return before.isEmpty() || before.get().masterOfBucket(bucket) != self;
  }

  /**
   * Stops the node if the sender has computed another master: sender and receiver are in one view,
   * so their maps must be equal.
   */
  void checkMaster(int from, CacheFusionMessage message) {
    BlockId block = message.block();
    if (masters.isEmpty()) {
      return;
    }
    int master = masters.get().masterOf(block.file(), block.number());
    if (master != self) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          message
              + " of n"
              + from
              + " reaches n"
              + self
              + ", but the master of the block is n"
              + master
              + ": the nodes compute different masters");
    }
  }
}
