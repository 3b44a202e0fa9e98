// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who masters a block, and who asks for it. The counts are those of the block's bucket, that is of
 * all blocks that have their master in common with it. They are decayed: each window counts 0.95
 * times as much as the next one ({@code weft.cache-fusion.mastery}). Hits in a node's own cache are
 * not counted (MA-4).
 *
 * @param block the block
 * @param bucket number of its bucket, 0 to 65,535
 * @param master the node that has answered
 * @param reads requests to read
 * @param writes requests to change
 * @param remote those of both that other nodes than the master have sent
 * @param byNode the nodes that ask most often, at most six; a count may be too high, by that of a
 *     node that is not listed any more
 * @param heat how often it is used
 * @param flags what keeps it where it is
 * @param moves number of times the bucket has moved in the view in force
 * @param lastMove how it came to its master; empty if the map of the first view says so
 */
public record BlockMastery(
    BlockId block,
    int bucket,
    NodeId master,
    long reads,
    long writes,
    long remote,
    Map<NodeId, Long> byNode,
    Heat heat,
    Set<BucketFlag> flags,
    int moves,
    Optional<LastMove> lastMove) {
  /** Copies the collections. */
  public BlockMastery {
    byNode = Map.copyOf(byNode);
    flags = Set.copyOf(flags);
  }

  /**
   * The last change of the master.
   *
   * @param reason why
   * @param at when, by the clock of the master
   */
  public record LastMove(MoveReason reason, Instant at) {}
}
