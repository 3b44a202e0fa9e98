// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.View;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.Overrides;
import io.weft.spi.directory.ResourceDirectory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bucket maps drawn from a seed, so that different seeds give blocks different masters; a bucket
 * gets another master only when its master leaves, when a new member draws higher, or by a move.
 */
public final class SimDirectory implements ResourceDirectory {
  private static final int NOWHERE = -1;

  private final Maps maps;
  private BucketMap installed = new Drawn(0, List.of(0));

  /** One node's directory; all nodes of a cluster share the maps. */
  SimDirectory(Maps maps) {
    this.maps = maps;
  }

  @Override
  public BucketMap mapOf(View view, Overrides overrides) {
    return maps.of(view, overrides);
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
    return ((Shared) map).own.computeIfAbsent(node, _ -> OwnBuckets.of(map, node));
  }

  /** The maps of one cluster, each drawn once. Of the cluster's thread. */
  static final class Maps {
    private final long seed;
    private final Map<List<Integer>, Drawn> byMembers = new HashMap<>();
    private final Map<Key, Moved> moved = new HashMap<>();

    private record Key(BucketMap drawn, Overrides overrides) {}

    Maps(long seed) {
      this.seed = seed;
    }

    private BucketMap of(View view, Overrides overrides) {
      List<Integer> members = view.members().stream().map(member -> member.id().value()).toList();
      Drawn drawn = byMembers.computeIfAbsent(members, _ -> new Drawn(seed, members));
      Overrides rest = overrides.in(view.memberIds(), drawn);
      return rest.isEmpty()
          ? drawn
          : moved.computeIfAbsent(new Key(drawn, rest), _ -> new Moved(drawn, rest));
    }
  }

  /** A map that the nodes of a cluster have in common. */
  private abstract static class Shared implements BucketMap {
    private final Map<Integer, OwnBuckets> own = new HashMap<>();

    @Override
    public int bucketsOf(int node) {
      int count = 0;
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        count += masterOfBucket(bucket) == node ? 1 : 0;
      }
      return count;
    }
  }

  /** A drawn map on which buckets have been moved. */
  private static final class Moved extends Shared {
    private final Drawn drawn;
    private final Overrides overrides;

    Moved(Drawn drawn, Overrides overrides) {
      this.drawn = drawn;
      this.overrides = overrides;
    }

    @Override
    public int masterOfBucket(int bucket) {
      int moved = overrides.masterOf(bucket, NOWHERE);
      return moved == NOWHERE ? drawn.masterOfBucket(bucket) : moved;
    }
  }

  /** The member whose draw for the bucket is the highest. */
  private static final class Drawn extends Shared {
    private static final short NOT_YET = -1;

    private final long seed;
    private final int[] members;

    /** By bucket; a view asks for all of them, most runs for a few. */
    private final short[] masters = new short[Buckets.COUNT];

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
  }
}
