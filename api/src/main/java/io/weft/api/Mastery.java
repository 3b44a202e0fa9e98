// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.concurrent.CompletionStage;

/**
 * Which node masters which blocks: the view that applications and operators have of the resource
 * directory. Thread-safe; no call blocks.
 *
 * <p>The master of a block knows who holds it, and every request that a node cannot serve from its
 * own cache goes there. Blocks are mastered in buckets, and a bucket is moved as a whole. With
 * {@code weft.cache-fusion.mastery.auto-remaster} a bucket moves to the node that asks for it most,
 * and masters that serve much more than others give buckets away.
 *
 * <ul>
 *   <li>Rule MA-1: a move changes no content and ends no lease. Requests for blocks of the bucket
 *       wait while it moves, and none is lost.
 *   <li>Rule MA-2: an order may be given at any member, which passes it on to the master. It is
 *       obeyed once: the stage completes when the next master serves the bucket. To move a bucket
 *       to its master has no effect.
 *   <li>Rule MA-3: a pinned bucket is moved by an order only. A bucket with blocks of a system file
 *       is not moved at all.
 *   <li>Rule MA-4: counted is every request that reaches a master, of its own node, too. What a
 *       node finds in its cache is not counted, and costs nothing.
 *   <li>Rule MA-5: while nodes go on using the same blocks equally often, automatic moves come to
 *       an end.
 * </ul>
 *
 * <p>Stages complete exceptionally with {@link MasteryErrors}, with {@link
 * CoreErrors#BACK_PRESSURED} if too many orders are under way, or with the error that stopped the
 * node.
 */
public interface Mastery {
  /** How many buckets each member masters. */
  CompletionStage<MasteryTopology> topology();

  /** What the master of a block knows of its bucket. */
  CompletionStage<BlockMastery> describe(BlockId block);

  /** Statistics of this node. */
  MasteryStatistics statistics();

  /**
   * Moves the bucket of a block to another member (MA-2). Neighbouring blocks move along.
   *
   * @return fails with {@link MasteryErrors#UNKNOWN_MEMBER}, {@link MasteryErrors#SYSTEM_BUCKET} or
   *     {@link MasteryErrors#MASTER_REFUSES}
   */
  CompletionStage<Void> remaster(BlockId block, NodeId to);

  /**
   * Keeps the bucket of a block where it is (MA-3). A view change may still give it another master.
   *
   * @return completes when all members know
   */
  CompletionStage<Void> pin(BlockId block);

  /** Ends {@link #pin}. Has no effect for a bucket that is not pinned. */
  CompletionStage<Void> unpin(BlockId block);

  /**
   * Lets all members balance their load now, also if it differs by less than configured.
   *
   * @return the number of moves that this has begun; 0 if the load is balanced or there is none
   */
  CompletionStage<Integer> rebalance();
}
