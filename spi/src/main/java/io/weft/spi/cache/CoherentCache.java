// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.cache;

import io.weft.api.BlockCache;
import io.weft.api.BlockId;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The coherent cache, as the node controls it. Its constructor registers its service with the
 * transport. It serves requests from the first view on.
 *
 * <pre>
 *   membership               cache, at every member
 *   install(view)       ---> drops requests in progress, collects the members' reports where its
 *                            directory is lost; local hits continue              (freeze, report)
 *   startRecovery(redo) ---> all nodes outside the view have stopped and are fenced: rebuilds
 *                            the directory when all members have reported, serves, recovers
 *                            blocks from redo                                    (rebuild, serve)
 * </pre>
 *
 * <ul>
 *   <li>Rule CC-1: {@link #drain} admits no new scope, writes back all dirty blocks and releases
 *       every block. Requests of other nodes are still answered during the drain and after it.
 *   <li>Rule CC-2: after {@link #fail} every waiting and later call throws. Nothing is granted,
 *       shipped or written any more.
 *   <li>Rule CC-3: until {@link #startRecovery} has been called for the view in force, this node
 *       does not start to master any further block (R13, R14).
 *   <li>Rule CC-4: calls for a past epoch have no effect. Their stages never complete, or complete
 *       exceptionally.
 * </ul>
 */
public interface CoherentCache extends BlockCache, AutoCloseable {
  /** The global locks, which share views, masters and buckets with the blocks. */
  Locks locks();

  /** The masters of blocks, and the moves of buckets between them. */
  Mastery mastery();

  /**
   * Installs a view: steps 1 and 2 of recovery. Called once for each epoch, after {@link
   * io.weft.spi.view.Views} has the view and no message handler of an older epoch is running.
   *
   * @param view the view; its epoch is larger than that of the previous call
   * @param masters the bucket map of the view
   * @return completes when the whole cache is in the new epoch
   */
  CompletionStage<Void> install(View view, BucketMap masters);

  /**
   * Starts steps 3 to 6 of recovery. All nodes outside the view of {@code epoch} have certainly
   * stopped and are fenced, and {@code redo} has all their redo.
   *
   * @return completes when every block that this node masters is served
   */
  CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo);

  /**
   * The moves of buckets in a view, as far as this node knows them: other members may know of fewer
   * or of more. For the record of the next view. Any thread.
   *
   * @param epoch the view; parts of the cache that are in another one contribute nothing
   * @return the present master of each bucket that has moved in that view. Completes on any thread
   */
  default CompletionStage<Map<Integer, Integer>> moves(long epoch) {
    return CompletableFuture.completedStage(Map.of());
  }

  /** Progress of the recovery of the view in force. */
  RecoveryCounts recoveryCounts();

  /**
   * The operation that blocks the recovery of the view in force and is being retried, as text for
   * an operator. Empty if recovery makes progress. Any thread.
   */
  default Optional<String> recoveryWaitsFor() {
    return Optional.empty();
  }

  /**
   * Completes when every change that this node had logged at the call, or was logging, is in blocks
   * on stable storage. This node or other nodes have written and forced those blocks, so the redo
   * up to that point is no longer needed.
   */
  CompletionStage<Void> checkpoint();

  /**
   * Blocks mastered by this node that could not be recovered. A request for such a block fails.
   * While there are any, no redo of failed nodes may be deleted.
   */
  CompletionStage<List<BlockId>> quarantined();

  /**
   * Releases all blocks (CC-1): the first step of a planned stop. The stage completes when the
   * cache holds no block.
   */
  CompletionStage<Void> drain();

  /**
   * Stops the cache at once (CC-2). Repeated calls complete the steps that an earlier call could
   * not do for lack of memory.
   */
  void fail(WeftException reason);

  /**
   * Restarts work that was left pending, or stops the node. Work can be left pending when an event
   * ran out of memory or stack and could not report it. Called at every heartbeat. Cheap, and never
   * blocks.
   */
  default void look() {}

  /** Frees the memory. No block lease may be used after this call. */
  @Override
  void close();

  /**
   * Progress of one recovery at this node.
   *
   * @param blocksReported blocks that members have reported to this node
   * @param reportsMissing members whose report is not complete
   * @param blocksToRecover blocks that need redo; 0 until the number is known
   * @param blocksRecovered blocks that needed redo and are served again
   * @param rebuilt whether the directory has been rebuilt, so that all blocks that need no redo are
   *     served
   */
  record RecoveryCounts(
      long blocksReported,
      int reportsMissing,
      long blocksToRecover,
      long blocksRecovered,
      boolean rebuilt) {}
}
