// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.View;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.ResourceDirectory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bucket maps drawn from a seed, so that different seeds give blocks different masters; a bucket
 * moves only when its master leaves, or to a member that is new.
 */
public final class SimDirectory implements ResourceDirectory {
  private final Maps maps;
  private BucketMap installed = new Drawn(0, List.of(0));

  /** One node's directory; all nodes of a cluster share the maps. */
  SimDirectory(Maps maps) {
    this.maps = maps;
  }

  @Override
  public BucketMap mapOf(View view) {
    return maps.of(view.members().stream().map(member -> member.id().value()).toList());
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

  /** The buckets that a node masters by a map of a simulated directory. */
  static OwnBuckets own(BucketMap map, int node) {
    return ((Drawn) map).own.computeIfAbsent(node, _ -> OwnBuckets.of(map, node));
  }

  /** The maps of one cluster, each drawn once. Of the cluster's thread. */
  static final class Maps {
    private final long seed;
    private final Map<List<Integer>, BucketMap> byMembers = new HashMap<>();

    Maps(long seed) {
      this.seed = seed;
    }

    private BucketMap of(List<Integer> members) {
      return byMembers.computeIfAbsent(members, _ -> new Drawn(seed, members));
    }
  }

  /** The member whose draw for the bucket is the highest. */
  private static final class Drawn implements BucketMap {
    private static final short NOT_YET = -1;

    private final long seed;
    private final int[] members;

    /** By bucket; a view asks for all of them, most runs for a few. */
    private final short[] masters = new short[Buckets.COUNT];

    private final Map<Integer, OwnBuckets> own = new HashMap<>();

    Drawn(long seed, List<Integer> members) {
      this.seed = seed;
      this.members = members.stream().mapToInt(Integer::intValue).toArray();
      Arrays.fill(masters, NOT_YET);
    }

    @Override
    public int masterOfBucket(int bucket) {
      if (masters[bucket] == NOT_YET) {
        masters[bucket] = (short) draw(bucket);
      }
      return masters[bucket];
    }

    private int draw(int bucket) {
      int best = members[0];
      long most = Long.MIN_VALUE;
      for (int member : members) {
        long place = Buckets.mix(bucket * 64L + member % 64) ^ Buckets.mix(member / 64);
        long drawn = Buckets.mix(seed ^ place);
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
