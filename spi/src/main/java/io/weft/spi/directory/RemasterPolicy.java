// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.MoveReason;
import java.util.List;

/**
 * Decides which of its buckets a master hands over to other members. The engine asks it at every
 * master, at the end of every window in which the master had requests, and carries out what it
 * says. An implementation is made from its settings alone and is thread-safe.
 *
 * <ul>
 *   <li>Rule RM-1: pure: the same situation gives the same moves, in the same order, whatever was
 *       decided before. It uses no clock, no thread and no random number.
 *   <li>Rule RM-2: a move is of a bucket of the situation, to another member, and each bucket moves
 *       at most once. A bucket that is not movable stays. There are no more moves than the
 *       situation allows.
 *   <li>Rule RM-3: a bucket that one node uses alone comes to that node sooner or later, if it is
 *       used often enough.
 *   <li>Rule RM-4: under a steady workload the moves end. Two nodes that use a bucket equally often
 *       move it once at most, together.
 *   <li>Rule RM-5: load is balanced without harm to affinity: for {@link MoveReason#LOAD_BALANCE}
 *       no bucket moves away from a node that sends most of the requests for it, and no move makes
 *       its target the more loaded one of the two.
 *   <li>Rule RM-6: no requests and no moves so far: nothing moves, however unevenly the hash
 *       strategy has dealt the buckets.
 * </ul>
 */
public interface RemasterPolicy {
  /** The moves to begin now, the most useful ones first. Fast: it sees thousands of buckets. */
  List<Move> decide(Situation now);

  /**
   * What a master knows at the end of a window. All counts of requests are decayed.
   *
   * @param self the master
   * @param members of the view, this one among them, in ascending order of id
   * @param used the buckets mastered here that were asked for lately
   * @param idle buckets that have come here by a move and were not asked for lately; some of them
   * @param most number of moves that may be decided
   * @param ordered an operator has asked for balance: also small differences count
   */
  record Situation(
      int self,
      List<MemberLoad> members,
      List<BucketUse> used,
      List<Integer> idle,
      int most,
      boolean ordered) {
    /** Copies the lists. */
    public Situation {
      members = List.copyOf(members);
      used = List.copyOf(used);
      idle = List.copyOf(idle);
    }
  }

  /**
   * A member and its load.
   *
   * @param node its id
   * @param weight its capacity beside that of others
   * @param load requests of other nodes that it has served as a master
   * @param buckets that it masters
   * @param share the number that it masters by the map of the view
   * @param roundTripNs time from a message of this master to the node until its answer; 0 if not
   *     known, and for this master itself
   */
  record MemberLoad(int node, int weight, long load, int buckets, int share, long roundTripNs) {}

  /**
   * A bucket and its users.
   *
   * @param bucket its number
   * @param requests by all nodes
   * @param users those that have sent the most, the most frequent first; what they have sent may be
   *     too high, never too low
   * @param moves number of moves of the bucket in this view
   * @param restedNs time since the last one; a large value if there was none
   * @param movable false if it is pinned, has blocks of a system file, moves now, or a move of it
   *     was refused a moment ago
   */
  record BucketUse(
      int bucket, long requests, List<NodeUse> users, int moves, long restedNs, boolean movable) {
    /** Copies the list. */
    public BucketUse {
      users = List.copyOf(users);
    }

    /** The requests of a node; 0 if it is not one of the listed users. */
    public long requestsOf(int node) {
      for (NodeUse user : users) {
        if (user.node() == node) {
          return user.requests();
        }
      }
      return 0;
    }
  }

  /** A node, and the requests that it has sent. */
  record NodeUse(int node, long requests) {}

  /** A bucket is to be handed over to a member. */
  record Move(int bucket, int to, MoveReason reason) {}
}
