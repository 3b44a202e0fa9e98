// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import jakarta.inject.Inject;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Consistent hashing (Karger et al., "Consistent Hashing and Random Trees", STOC 1997): members and
 * buckets are points on a ring of 64 bits; a bucket goes to the first member's point at or after
 * its own. When a member leaves, only its buckets move; when a member joins, only the buckets move
 * that it then has. Immutable.
 *
 * <p>The hash must never change, because all nodes of a cluster must compute the same map: a point
 * is {@link Buckets#mix} of {@code key * 0x9E3779B97F4A7C15} (the SplitMix64 sequence), where the
 * key of virtual node v of member m is {@code 1 << 48 | m << 16 | v} and that of bucket b is {@code
 * 2 << 48 | b}. Both steps are bijections and the keys are distinct, so no two points coincide and
 * ties need no rule.
 *
 * <p>With n points a member's share deviates from the mean by about mean / sqrt(n): with 256 points
 * every member of a view of up to eight stays within 20 % of it.
 */
public final class RingHashStrategy implements HashStrategy {
  /** Increment of the SplitMix64 sequence. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Base of the keys of members. */
  private static final long MEMBER_KEYS = 1L << 48;

  /** Base of the keys of buckets. */
  private static final long BUCKET_KEYS = 2L << 48;

  /** Bits of a member key for the number of the virtual node. */
  private static final int VIRTUAL_NODE_BITS = 16;

  private final int virtualNodes;

  /** Creates a strategy. */
  @Inject
  public RingHashStrategy(RingSettings settings) {
    this.virtualNodes = settings.virtualNodes();
  }

  @Override
  public int[] propose(View view) {
    List<Point> ring = ring(view);
    int[] masters = new int[Buckets.COUNT];
    int next = 0;
    for (Point bucket : BucketPoints.IN_RING_ORDER) {
      while (next < ring.size() && ring.get(next).isBefore(bucket)) {
        next++;
      }
      masters[bucket.owner] =
          ring.get(next % ring.size()).owner; // after the last point the first one
    }
    return masters;
  }

  private List<Point> ring(View view) {
    return view.members().stream().flatMap(this::pointsOf).sorted().toList();
  }

  private Stream<Point> pointsOf(Member member) {
    int id = member.id().value();
    long first = MEMBER_KEYS | (long) id << VIRTUAL_NODE_BITS;
    return IntStream.range(0, virtualNodes).mapToObj(v -> new Point(position(first | v), id));
  }

  private static long position(long key) {
    return Buckets.mix(key * GOLDEN);
  }

  /**
   * A point of the ring.
   *
   * @param position unsigned
   * @param owner a member's id, or a bucket
   */
  private record Point(long position, int owner) implements Comparable<Point> {
    boolean isBefore(Point other) {
      return compareTo(other) < 0;
    }

    @Override
    public int compareTo(Point other) {
      return Long.compareUnsigned(position, other.position);
    }
  }

  /**
   * The points of the buckets, which never change. Sorting them is most of the work of a proposal,
   * so it is done once, outside of view changes.
   */
  private static final class BucketPoints {
    static final List<Point> IN_RING_ORDER =
        IntStream.range(0, Buckets.COUNT)
            .mapToObj(bucket -> new Point(position(BUCKET_KEYS | bucket), bucket))
            .sorted()
            .toList();

    private BucketPoints() {}
  }
}
