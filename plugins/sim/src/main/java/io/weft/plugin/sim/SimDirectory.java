// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.ResourceDirectory;

/**
 * Bucket maps drawn from a seed, so that different seeds give blocks different masters; a bucket
 * moves only when its master leaves, or to a member that is new.
 */
public final class SimDirectory implements ResourceDirectory {
  private final long seed;
  private BucketMap installed = new Drawn(0, new int[] {0});

  /** One node's directory; all nodes of a cluster have the same seed. */
  public SimDirectory(long seed) {
    this.seed = seed;
  }

  @Override
  public BucketMap mapOf(View view) {
    return new Drawn(
        seed, view.members().stream().map(Member::id).mapToInt(id -> id.value()).toArray());
  }

  @Override
  public void install(BucketMap map) {
    installed = map;
  }

  @Override
  public int masterOfBucket(int bucket) {
    return installed.masterOfBucket(bucket);
  }

  @Override
  public int bucketsOf(int node) {
    return installed.bucketsOf(node);
  }

  /** The member whose draw for the bucket is the highest. */
  private record Drawn(long seed, int[] members) implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      int best = members[0];
      long most = Long.MIN_VALUE;
      for (int member : members) {
        long drawn = Buckets.mix(seed ^ Buckets.mix(bucket * 64L + member));
        if (drawn > most) {
          most = drawn;
          best = member;
        }
      }
      return best;
    }

    @Override
    public int bucketsOf(int node) {
      int count = 0;
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        count += masterOfBucket(bucket) == node ? 1 : 0;
      }
      return count;
    }
  }
}
