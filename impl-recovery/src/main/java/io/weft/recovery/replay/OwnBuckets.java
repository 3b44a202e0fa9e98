// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.BitSet;

/** The buckets whose redo a node needs: those that it masters. Immutable. */
public final class OwnBuckets {
  /** All buckets. */
  public static final OwnBuckets ALL = all();

  private final BitSet buckets;

  private OwnBuckets(BitSet buckets) {
    this.buckets = buckets;
  }

  private static OwnBuckets all() {
    BitSet buckets = new BitSet(Buckets.COUNT);
    buckets.set(0, Buckets.COUNT);
    return new OwnBuckets(buckets);
  }

  /** The buckets that a node masters. */
  public static OwnBuckets of(BucketMap masters, int node) {
    long[] words = new long[Buckets.COUNT / Long.SIZE];
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      if (masters.masterOfBucket(bucket) == node) {
        words[bucket / Long.SIZE] |= 1L << bucket; // the low six bits count
      }
    }
    return new OwnBuckets(BitSet.valueOf(words));
  }

  /** Whether a block is in one of the buckets. */
  boolean contains(int file, long number) {
    return buckets.get(Buckets.of(file, number));
  }

  /** Whether these include all buckets of {@code other}. */
  boolean covers(OwnBuckets other) {
    BitSet missing = (BitSet) other.buckets.clone();
    missing.andNot(buckets);
    return missing.isEmpty();
  }
}
