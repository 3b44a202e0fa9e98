// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.Optional;

/**
 * Which buckets this node masters, and of which of them its directory knows nothing yet. Owned by
 * the shard's executor.
 *
 * <p>While a view is being installed, the directory of a bucket is <em>kept</em> if this node has
 * mastered it in the view before, too; else it is lost until all members have reported.
 */
final class MasteredBuckets {
  private final int self;

  /** The master map before this view; empty: nothing of the directory is kept. */
  private Optional<BucketMap> before = Optional.empty();

  /** The master map of the view in force; empty before the first. */
  private Optional<BucketMap> masters = Optional.empty();

  /** Whether blocks of lost buckets are still unknown. */
  private boolean rebuilding;

  MasteredBuckets(int self) {
    this.self = self;
  }

  /**
   * Goes over into a view.
   *
   * @param previous the map of the view before, if this node has installed it; it counts only if
   *     the directory had been rebuilt in it
   */
  void install(Optional<BucketMap> previous, BucketMap now) {
    masters = Optional.of(now);
    before = rebuilding ? Optional.empty() : previous;
    rebuilding = true;
  }

  /** All members have reported. */
  void rebuilt() {
    rebuilding = false;
  }

  /** Whether the members have not told yet what they hold. */
  boolean isRebuilding() {
    return rebuilding;
  }

  /** Whether no bucket's entries survive from the view before. */
  boolean keepsNothing() {
    return before.isEmpty();
  }

  /** Whether the entries of a bucket are mastered here and survive from the view before. */
  boolean keeps(int bucket) {
    return masters.orElseThrow().masterOfBucket(bucket) == self && !wasElsewhere(bucket);
  }

  /** Whether nothing is known of the block before the members have reported. */
  boolean isLost(BlockId block) {
    return rebuilding && wasElsewhere(Buckets.of(block.file(), block.number()));
  }

  private boolean wasElsewhere(int bucket) {
    return before.isEmpty() || before.get().masterOfBucket(bucket) != self;
  }

  /** Sender and receiver are in one view: if they name different masters, nothing is safe. */
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
              + " comes to n"
              + self
              + ", but the master of the block is n"
              + master
              + ": the nodes compute different masters");
    }
  }
}
