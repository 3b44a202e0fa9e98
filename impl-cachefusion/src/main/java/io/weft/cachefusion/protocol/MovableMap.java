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
 */
public final class MovableMap implements BucketMap {
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
    int count = 0;
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      count += masterOfBucket(bucket) == node ? 1 : 0;
    }
    return count;
  }

  /** The number of the last known move of a bucket in this view, 0 if there is none. */
  int moves(int bucket) {
    return numbers.getOrDefault(bucket, 0);
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
