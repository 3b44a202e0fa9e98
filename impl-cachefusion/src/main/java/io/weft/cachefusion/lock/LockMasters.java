// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.directory.BucketMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The masters of a lock shard's buckets as this node knows them: those of the view, and those to
 * which buckets have moved since. Locks follow the blocks of their bucket, so the moves and their
 * numbers are those of the blocks. Owned by the shard's executor.
 */
final class LockMasters {
  private final LockRules rules;

  /** The map of the view; null before the first one. */
  private BucketMap ofView;

  /** The last known move of each bucket that has moved in this view. */
  private final Map<Integer, Move> moves = new HashMap<>();

  /** A bucket's master since its move of that number. */
  private record Move(int master, int number) {}

  LockMasters(LockRules rules) {
    this.rules = rules;
  }

  /** A view is installed: its map counts, and nothing has moved. */
  void install(BucketMap map) {
    ofView = map;
    moves.clear();
  }

  /** Whether a view is installed. */
  boolean isKnown() {
    return ofView != null;
  }

  /** The map of the view, without moves; there must be one. */
  BucketMap ofView() {
    return ofView;
  }

  /** The master of a bucket. */
  int of(int bucket) {
    Move move = moves.isEmpty() ? null : moves.get(bucket);
    return move == null ? ofView.masterOfBucket(bucket) : move.master;
  }

  /** The number of a bucket's last known move in this view, 0 if there is none. */
  int number(int bucket) {
    Move move = moves.get(bucket);
    return move == null ? 0 : move.number;
  }

  /** A bucket has moved; false if this node knows a later move already. */
  boolean learn(int bucket, int master, int number) {
    if (!rules.isNews(number, number(bucket))) {
      return false;
    }
    moves.put(bucket, new Move(master, number));
    return true;
  }

  /** The buckets that have moved in this view. */
  List<Integer> moved() {
    return moves.keySet().stream().sorted().toList();
  }
}
