// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.cache;

import io.weft.api.BlockCache;
import io.weft.api.BlockId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.recovery.DeadRedo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The coherent cache as the node drives it. Constructing it registers its service with the
 * transport; it serves from the first view on.
 *
 * <pre>
 *   membership                cache, at every member
 *   install(view)     ----->  drops what was under way, asks the members for what they hold where
 *                             its directory is lost; local hits go on            (freeze, report)
 *   redo(epoch, dead) ----->  everybody outside has stopped and is fenced: rebuilds when all have
 *                             reported, serves, recovers blocks from redo        (rebuild, serve)
 * </pre>
 *
 * <ul>
 *   <li>Rule CC-1: {@link #drain} takes no new scope into the cache, writes back all dirty blocks
 *       and gives up every block; requests of other nodes are still answered meanwhile and
 *       afterwards.
 *   <li>Rule CC-2: after {@link #fail} every waiting and later call throws; nothing is granted,
 *       shipped or written any more.
 *   <li>Rule CC-3: until {@link #redo} has been called for the view in force, this node masters no
 *       block anew (R13, R14).
 *   <li>Rule CC-4: calls for an epoch that is over do nothing; their stages never complete, or
 *       complete exceptionally.
 * </ul>
 */
public interface CoherentCache extends BlockCache, AutoCloseable {
  /**
   * Installs a view: step 1 and 2 of recovery. Called once for each epoch, when {@link
   * io.weft.spi.view.Views} has it and the transport is quiet.
   *
   * @param view the view; its epoch is larger than the one before
   * @param masters its bucket map
   * @return completes when the whole cache is in the new epoch
   */
  CompletionStage<Void> install(View view, BucketMap masters);

  /**
   * Everybody outside the view of {@code epoch} has certainly stopped and is fenced; {@code dead}
   * has all their redo. Steps 3 to 6 of recovery.
   *
   * @return completes when every block that this node masters is served
   */
  CompletionStage<Void> redo(long epoch, DeadRedo dead);

  /** How far the recovery of the view in force is. */
  RecoveryCounts recoveryCounts();

  /**
   * What the recovery of the view in force cannot go on without and is trying again, in words that
   * people understand; empty if it goes on. Any thread.
   */
  default Optional<String> recoveryWaitsFor() {
    return Optional.empty();
  }

  /**
   * Completes when every change that this node had logged at the call, or was logging, is on stable
   * storage, by writes that this node or others have made and forced: its redo up to there is not
   * needed any more.
   */
  CompletionStage<Void> checkpoint();

  /**
   * Blocks mastered here that could not be recovered: whoever asks for one gets an error. As long
   * as there are any, no redo of failed nodes may go.
   */
  CompletionStage<List<BlockId>> quarantined();

  /** Gives up everything, as the first step of a planned end. */
  CompletionStage<Void> drain();

  /** Stops at once. Repeated calls do what an earlier one could not, for want of memory. */
  void fail(WeftException reason);

  /**
   * Sees to it that what could not go on goes on, or stops the node: an event that found neither
   * memory nor stack may have been unable to say so. Called at every heartbeat; cheap, and never
   * blocks.
   */
  default void look() {}

  /** Frees the memory; nothing may use a lease any more. */
  @Override
  void close();

  /**
   * Counts of one recovery at this node.
   *
   * @param blocksReported blocks that members have reported to this node
   * @param reportsMissing members whose report is not complete
   * @param blocksToRecover blocks that need redo; 0 until it is known
   * @param blocksRecovered those of them that are served
   * @param rebuilt whether the directory is rebuilt: all blocks that need no redo are served
   */
  record RecoveryCounts(
      long blocksReported,
      int reportsMissing,
      long blocksToRecover,
      long blocksRecovered,
      boolean rebuilt) {}
}
