// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.Directory;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.List;

/** The recovery of a shard's blocks, called on the shard's executor. */
public interface Recoverer {
  /**
   * A view has been installed: waiting recoveries end now, those in progress end with their next
   * event.
   */
  void onInstall();

  /**
   * Starts the recovery of a block that {@link Directory#rebuild} has returned.
   *
   * @param kept versions of its saved images, in any order
   * @param written runs when the recovery of the next block may begin
   * @param served runs when the block is served
   */
  void recover(
      BlockId block, List<Long> saved, RecoveryRedo redo, Runnable written, Runnable served);

  /** Tries a quarantined block again: an operator may have restored or forgotten it. */
  void recoverAgain(BlockId block);

  /** A request waits for a block under recovery; {@code waiting} requests do so now. */
  void touched(BlockId block, int waiting);

  /** The keeper has written its past image, or has none any more. */
  void recvPastWritten(CacheFusionMessage.PastWritten message);
}
