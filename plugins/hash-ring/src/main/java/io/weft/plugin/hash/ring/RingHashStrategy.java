// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import jakarta.inject.Inject;
import java.util.Arrays;

/**
 * Consistent hashing (Karger et al., "Consistent Hashing and Random Trees", STOC 1997): members and
 * buckets are points on a ring of 64 bits; a bucket goes to the first member's point at or after
 * its own. When a member leaves, only its buckets move; when a member joins, only the buckets move
 * that it then has. Immutable.
 *
 * <p>A member of weight 100 has as many points (virtual nodes) as configured, a member of another
 * weight in proportion, rounded, and at least one. The points of the other members do not depend on
 * it. So a change of a weight also moves buckets from or to that member only.
 *
 * <p>The hash must never change, because all nodes of a cluster must compute the same map: a point
 * is {@link Buckets#mix} of {@code key * 0x9E3779B97F4A7C15} (the SplitMix64 sequence). The key of
 * virtual node v of member m is {@code 1 << 48 | (v >>> 16) << 32 | m << 16 | (v & 0xFFFF)} and
 * that of bucket b is {@code 2 << 48 | b}. Both steps are bijections and the keys are distinct, so
 * no two points coincide and ties need no rule. There is no floating-point arithmetic.
 *
 * <p>With v points a member's share of the ring has a standard deviation of about mean / sqrt(v), 6
 * % with 256 points: every member of a view of up to eight stays within 20 % of the mean. Buckets
 * are random points, too, so the number of buckets of a member deviates more, by about mean *
 * sqrt(1 / v + n / 65,536) for n members: 14 % for a thousand.
 */
public final class RingHashStrategy implements HashStrategy {
  /** Increment of the SplitMix64 sequence. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Base of the keys of members. */
  private static final long MEMBER_KEYS = 1L << 48;

  /** Base of the keys of buckets. */
  private static final long BUCKET_KEYS = 2L << 48;

  /** Place of the member in its keys. */
  private static final int ID_SHIFT = 16;

  /** Low bits of the number of a virtual node; its high bits stand above the member. */
  private static final int LOW_BITS = 0xFFFF;

  private final int virtualNodes;

  /** Creates a strategy. */
  @Inject
  public RingHashStrategy(RingSettings settings) {
    this.virtualNodes = settings.virtualNodes();
  }

  @Override
  public boolean honoursWeights() {
    return true;
  }

  @Override
  public int[] propose(View view) {
    Gaps gaps = new Gaps();
    for (Member member : view.members()) {
      int points = points(member);
      for (int v = 0; v < points; v++) {
        gaps.add(memberPoint(member.id().value(), v), member.id().value());
      }
    }
    return gaps.masters();
  }

  private int points(Member member) {
    int hundredfold = virtualNodes * member.weight();
    return Math.max(1, (hundredfold + Member.DEFAULT_WEIGHT / 2) / Member.DEFAULT_WEIGHT);
  }

  private static long memberPoint(int id, int virtualNode) {
    long high = (long) (virtualNode >>> ID_SHIFT) << 2 * ID_SHIFT;
    return position(MEMBER_KEYS | high | (long) id << ID_SHIFT | virtualNode & LOW_BITS);
  }

  private static long position(long key) {
    return Buckets.mix(key * GOLDEN);
  }

  /**
   * The ring, divided into gaps: gap i begins with the point of the bucket that is i-th on the ring
   * and ends before that of the next one; the last one goes on at the ring's beginning. Of the
   * members' points in a gap only the first is of interest. It is the master of the bucket at the
   * gap's beginning, and of the buckets before it whose gaps are empty. So the members' points need
   * not be sorted.
   */
  private static final class Gaps {
    private static final int NOBODY = -1;

    /** Distance of the first member's point from the beginning of each gap, unsigned. */
    private final long[] distances = new long[Buckets.COUNT];

    /** The member of that point, or {@link #NOBODY}. */
    private final int[] owners = new int[Buckets.COUNT];

    Gaps() {
      Arrays.fill(owners, NOBODY);
    }

    void add(long point, int owner) {
      int gap = BucketPoints.gapOf(point);
      long distance = point - BucketPoints.SORTED[gap];
      if (owners[gap] == NOBODY || Long.compareUnsigned(distance, distances[gap]) < 0) {
        distances[gap] = distance;
        owners[gap] = owner;
      }
    }

    int[] masters() {
      int[] firstAfter = new int[Buckets.COUNT];
      int owner = NOBODY;
      for (int step = 2 * Buckets.COUNT - 1; step >= 0; step--) { // twice round: the ring is closed
        int gap = step % Buckets.COUNT;
        owner = owners[gap] == NOBODY ? owner : owners[gap];
        firstAfter[gap] = owner;
      }
      int[] masters = new int[Buckets.COUNT];
      for (int bucket = 0; bucket < masters.length; bucket++) {
        masters[bucket] = firstAfter[BucketPoints.GAPS[bucket]];
      }
      return masters;
    }
  }

  /**
   * The points of the buckets, which never change. Sorting them is most of the work of a proposal,
   * so it is done once, outside of view changes.
   */
  private static final class BucketPoints {
    /** Points with the same high bits are neighbours on the ring; about one has each value. */
    private static final int HIGH_SHIFT = 48;

    /** The points of all buckets, ascending, unsigned. */
    static final long[] SORTED = sorted();

    /** For each value of the high bits, how many points have a smaller one. */
    private static final int[] SMALLER = smaller();

    /** The gap that begins with each bucket's point. */
    static final int[] GAPS = gaps();

    private BucketPoints() {}

    /** The gap of a point: that of the last bucket at or before it. */
    static int gapOf(long point) {
      int after = SMALLER[(int) (point >>> HIGH_SHIFT)];
      while (after < SORTED.length && Long.compareUnsigned(SORTED[after], point) <= 0) {
        after++;
      }
      return after == 0 ? SORTED.length - 1 : after - 1;
    }

    private static long bucketPoint(int bucket) {
      return position(BUCKET_KEYS | bucket);
    }

    private static long[] sorted() {
      long[] points = new long[Buckets.COUNT];
      Arrays.setAll(points, bucket -> bucketPoint(bucket) ^ Long.MIN_VALUE);
      Arrays.sort(points); // signed: the order of unsigned numbers with the top bit inverted
      Arrays.setAll(points, i -> points[i] ^ Long.MIN_VALUE);
      return points;
    }

    private static int[] smaller() {
      int[] smaller = new int[1 << Long.SIZE - HIGH_SHIFT];
      for (int high = 1, count = 0; high < smaller.length; high++) {
        while (count < SORTED.length && SORTED[count] >>> HIGH_SHIFT < high) {
          count++;
        }
        smaller[high] = count;
      }
      return smaller;
    }

    private static int[] gaps() {
      int[] gaps = new int[Buckets.COUNT];
      Arrays.setAll(gaps, bucket -> gapOf(bucketPoint(bucket)));
      return gaps;
    }
  }
}
