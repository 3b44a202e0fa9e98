// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.HashMap;
import java.util.Map;

/**
 * The masters of a shard's buckets as this node knows them: those of the view, and those to which
 * buckets have moved since. The moves of a bucket are numbered in each view; the map goes by the
 * highest number. A look-up is one array read. Owned by the shard's executor.
 *
 * <p>The map of a view may contain moves of earlier views. Here these do not count as moves.
 */
public final class MovableMap implements BucketMap {
  /** As the master of a bucket: no node, because the bucket is under way from one to another. */
  private static final char NOBODY = Character.MAX_VALUE;

  private final BucketMap ofView;

  /** By bucket: the number of its last known move. A bucket without an entry has not moved. */
  private final Map<Integer, Integer> numbers = new HashMap<>();

  /** The masters of all buckets; null until the first move. */
  private char[] masters;

  /** A map without moves. */
  public MovableMap(BucketMap ofView) {
    this.ofView = ofView;
  }

  @Override
  public int masterOfBucket(int bucket) {
    return masters == null ? ofView.masterOfBucket(bucket) : masters[bucket];
  }

  @Override
  public int bucketsOf(int node) {
    int count = ofView.bucketsOf(node);
    for (int bucket : numbers.keySet()) {
      count -= ofView.masterOfBucket(bucket) == node ? 1 : 0;
      count += masterOfBucket(bucket) == node ? 1 : 0;
    }
    return count;
  }

  /** The number of the last known move of a bucket in this view, 0 if there is none. */
  public int moves(int bucket) {
    return numbers.getOrDefault(bucket, 0);
  }

  /** The buckets that have moved in this view, with their present masters. */
  public Map<Integer, Integer> moved() {
    Map<Integer, Integer> moved = new HashMap<>();
    numbers.keySet().forEach(bucket -> moved.put(bucket, masterOfBucket(bucket)));
    return moved;
  }

  /** A bucket has moved: {@code master} is its master since the move of that number. */
  void move(int bucket, int master, int number) {
    if (masters == null) {
      char[] all = new char[Buckets.COUNT];
      for (int each = 0; each < all.length; each++) {
        all[each] = (char) ofView.masterOfBucket(each);
      }
      masters = all;
    }
    masters[bucket] = (char) master;
    numbers.put(bucket, number);
  }

  /**
   * The view ends, and this node has handed the bucket over, but does not know whether the next
   * master has taken it up: as far as this node knows, no node keeps the bucket.
   */
  void leaveToNobody(int bucket) {
    move(bucket, NOBODY, moves(bucket) + 1);
  }

  /**
   * How many buckets have moved in this view, are mastered by {@code node} at its end, and are
   * mastered by that node in the next one, too.
   */
  int keptOf(int node, BucketMap next) {
    int kept = 0;
    for (int bucket : numbers.keySet()) {
      kept += masterOfBucket(bucket) == node && next.masterOfBucket(bucket) == node ? 1 : 0;
    }
    return kept;
  }

  /**
   * Whether a bucket has moved in this view, is not mastered by {@code node} at its end, and is
   * mastered by that node in the next one.
   */
  boolean hasLost(int node, BucketMap next) {
    for (int bucket : numbers.keySet()) {
      if (masterOfBucket(bucket) != node && next.masterOfBucket(bucket) == node) {
        return true;
      }
    }
    return false;
  }
}
