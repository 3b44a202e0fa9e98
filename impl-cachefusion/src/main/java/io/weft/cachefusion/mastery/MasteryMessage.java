// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.MoveReason;
import io.weft.cachefusion.protocol.AccessTable;
import java.util.Optional;

/** Messages between masters about loads, moved buckets and orders. */
sealed interface MasteryMessage {
  /** An order or question, which is answered with its number. */
  sealed interface Asked extends MasteryMessage {
    /** Number of the order at its sender. */
    long id();
  }

  /** An answer to an order. */
  sealed interface Answer extends MasteryMessage {
    /** Number of the order at its sender. */
    long id();
  }

  /** What the sender does for other nodes; answered with {@link LoadSeen}. */
  record Load(long load, long sentNs) implements MasteryMessage {}

  /** Answer to a load, with its time. */
  record LoadSeen(long sentNs) implements MasteryMessage {}

  /** The receiver masters a bucket now: why, and what the sender has counted before. */
  record Note(MoveReason reason, AccessTable.Usage usage) implements MasteryMessage {}

  /** All pinned buckets, for a new member: a bit for each. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Pins(long[] words) implements MasteryMessage {}

  /** Asks the master of a bucket to move it. */
  record Remaster(long id, int bucket, int to) implements Asked {}

  /** Asks the master of a bucket what it knows. */
  record Describe(long id, int bucket) implements Asked {}

  /** Asks a member to keep a bucket where it is, or no longer. */
  record Pin(long id, int bucket, boolean on) implements Asked {}

  /** Asks a member to balance now. */
  record Rebalance(long id) implements Asked {}

  /** The order has been obeyed; the number is what it asks for. */
  record Done(long id, int number) implements Answer {}

  /**
   * The order has not been obeyed.
   *
   * @param code number of the error if it is in vain to try again, otherwise 0
   */
  record Refused(long id, int code, String why) implements Answer {}

  /**
   * What the master of a bucket knows.
   *
   * @param reason why it is the master; empty if the first map says so
   * @param atMillis since when
   */
  record Described(
      long id,
      AccessTable.Usage usage,
      int moves,
      int flags,
      int heat,
      Optional<MoveReason> reason,
      long atMillis)
      implements Answer {}
}
