// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.Directory;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.List;

/** What a shard asks of the recovery of its blocks, on its executor. */
public interface Recoverer {
  /** Another view: what waits is over; what is under way ends when it comes back. */
  void onInstall();

  /**
   * Begins with a block that {@link Directory#rebuild} has named.
   *
   * @param kept versions of its images that are kept beside the blocks, in any order
   * @param written runs when the next one may begin
   * @param served runs when the block is served
   */
  void recover(BlockId block, List<Long> saved, RecoveryRedo redo, Runnable written, Runnable served);

  /** Looks at a quarantined block again: it may have been restored, or given up on purpose. */
  void recoverAgain(BlockId block);

  /** A request waits for a block under recovery; {@code waiting} of them by now. */
  void touched(BlockId block, int waiting);

  /** The keeper has written its past image, or has learned that the disk is newer. */
  void recvPastWritten(CacheFusionMessage.PastWritten message);
}
