// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.rendezvous;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import jakarta.inject.Inject;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Highest random weight (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates",
 * IEEE/ACM Transactions on Networking 6(1), 1998): every member has a score for every bucket, and
 * the highest score gets the bucket. When a member leaves, only its buckets move; when a member
 * joins, only the buckets move that it then has. Shares are those of independent random choices
 * (binomial), whatever the ids are. Immutable.
 *
 * <p>The score of a member of weight w is {@code -w / ln(u)}, where u is the member's hash for the
 * bucket as a number between 0 and 1: the logarithmic method (Schindelhauer and Schomaker,
 * "Weighted Distributed Hash Tables", SPAA 2005). {@code -ln(u) / w} has an exponential
 * distribution of rate w, and the minimum of such numbers is that of a member with a probability in
 * proportion to its rate. Only ratios of weights count. A change of a weight moves buckets from or
 * to that member only.
 *
 * <p>Among members of equal weight the highest hash has the highest score. So a logarithm is taken
 * for each weight in the view only, and none if all are equal. The work is that of one hash for
 * each bucket and member: 65 million hashes, a few tenths of a second, for a thousand members.
 *
 * <p>The hash must never change. That of member m for bucket b is {@code mix(seed + (m + 1) * G)},
 * the element m of a SplitMix64 sequence, where {@code mix} is {@link Buckets#mix}, G is
 * 0x9E3779B97F4A7C15, and the seed is {@code mix((4 << 48 | b) * G)}. u is {@code ((hash >>> 12) +
 * 0.5) / 2^52}, exactly. The score is the same on every JVM: {@link StrictMath#log} is specified by
 * its algorithm (fdlibm), and since Java 17 the language requires the basic operations to round as
 * IEEE 754 says. If two scores are equal, the higher hash wins, then the lower id.
 */
final class RendezvousHashStrategy implements HashStrategy {
  /** Increment of the SplitMix64 sequence. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Base of the keys of buckets, apart from those of other strategies. */
  private static final long BUCKET_KEYS = 4L << 48;

  /** Bits of a hash that do not fit into a fraction of 52 bits. */
  private static final int EXCESS_BITS = 12;

  /** 2 to the power of -52. */
  private static final double TWO_TO_MINUS_52 = 0x1p-52;

  /** Creates a strategy. */
  @Inject
  RendezvousHashStrategy() {}

  /** Members of equal weight, by id, ascending. */
  private record Group(int weight, int[] ids) {}

  @Override
  public boolean honoursWeights() {
    return true;
  }

  @Override
  public int[] propose(View view) {
    List<Group> groups = groups(view);
    int[] masters = new int[Buckets.COUNT];
    for (int bucket = 0; bucket < masters.length; bucket++) {
      long seed = Buckets.mix((BUCKET_KEYS | bucket) * GOLDEN);
      masters[bucket] =
          groups.size() == 1 ? winner(seed, groups.getFirst().ids) : winner(seed, groups);
    }
    return masters;
  }

  private static List<Group> groups(View view) {
    SortedMap<Integer, List<Member>> byWeight =
        view.members().stream()
            .collect(Collectors.groupingBy(Member::weight, TreeMap::new, Collectors.toList()));
    return byWeight.entrySet().stream()
        .map(
            entry ->
                new Group(
                    entry.getKey(),
                    entry.getValue().stream().mapToInt(member -> member.id().value()).toArray()))
        .toList();
  }

  /** The highest hash among equals; the lower id if two are the same. */
  private static int winner(long seed, int[] ids) {
    int best = ids[0];
    long highest = hash(seed, best);
    for (int i = 1; i < ids.length; i++) {
      long hash = hash(seed, ids[i]);
      if (Long.compareUnsigned(hash, highest) > 0) {
        highest = hash;
        best = ids[i];
      }
    }
    return best;
  }

  /** The highest score among the winners of all groups. */
  private static int winner(long seed, List<Group> groups) {
    int best = -1;
    double highest = 0; // every score is positive
    for (Group group : groups) {
      int id = winner(seed, group.ids);
      double score = score(group.weight, hash(seed, id));
      if (score > highest || score == highest && isAhead(seed, id, best)) {
        highest = score;
        best = id;
      }
    }
    return best;
  }

  private static boolean isAhead(long seed, int id, int other) {
    int order = Long.compareUnsigned(hash(seed, id), hash(seed, other));
    return order > 0 || order == 0 && id < other;
  }

  private static long hash(long seed, int id) {
    return Buckets.mix(seed + (id + 1) * GOLDEN);
  }

  /** The score of a member. */
  static double score(int weight, long hash) {
    double u = ((hash >>> EXCESS_BITS) + 0.5) * TWO_TO_MINUS_52;
    return weight / -StrictMath.log(u);
  }
}
