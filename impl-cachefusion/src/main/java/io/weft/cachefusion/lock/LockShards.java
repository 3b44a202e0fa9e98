// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import io.weft.spi.directory.Buckets;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The shards of a node's locks, and which of them has which lock. Immutable and thread-safe. */
final class LockShards implements Iterable<LockShard> {
  private final List<LockShard> shards;

  /**
   * Makes the shards.
   *
   * @param count number of shards, a power of two
   * @param maker makes the shard with the given index
   */
  LockShards(int count, IntFunction<LockShard> maker) {
    this.shards = IntStream.range(0, count).mapToObj(maker).toList();
  }

  /** Number of shards. */
  int count() {
    return shards.size();
  }

  /** The shard with this index. */
  LockShard at(int index) {
    return shards.get(index);
  }

  /** Index of the shard that has a lock. */
  int indexOf(LockName name) {
    return bucketOf(name) & shards.size() - 1;
  }

  /** The shard that has a lock. */
  LockShard of(LockName name) {
    return shards.get(indexOf(name));
  }

  /** The shard that has the locks of a bucket. */
  LockShard ofBucket(int bucket) {
    return shards.get(bucket & shards.size() - 1);
  }

  /** The bucket of a lock. */
  static int bucketOf(LockName name) {
    return Buckets.ofHash(name.hash());
  }

  @Override
  public Iterator<LockShard> iterator() {
    return shards.iterator();
  }
}
