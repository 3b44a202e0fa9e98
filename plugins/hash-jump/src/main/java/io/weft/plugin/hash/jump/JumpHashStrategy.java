// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.jump;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import jakarta.inject.Inject;
import java.util.List;

/**
 * Jump consistent hashing (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm",
 * 2014): a function maps a key to one of n slots so that, from n to n + 1 slots, a key stays or
 * jumps to the new slot. Immutable.
 *
 * <p><b>Slots.</b> The function lets only the last slot go, but a member may leave from the middle.
 * So there is a slot for each id from 0 to the highest in the view, and some may be free. A bucket
 * has a sequence of keys, and goes to the first slot in their order that is not free. Shares are as
 * even as those of independent random choices (binomial).
 *
 * <p><b>Movement.</b> When a member leaves that has not the highest id, exactly its buckets move.
 * When the one with the highest id leaves, its slot goes, and with it those of the g free ids below
 * it. Then buckets whose keys had met a free one may move, too: of n members of weight 100, a share
 * of up to g / (n + g) of all buckets. So ids should be consecutive. Joins are the same in reverse.
 *
 * <p><b>Weights.</b> Think of a stream of keys for each bucket, with random times and marks. A slot
 * accepts a key whose mark is less than its weight, and the bucket goes to the first accepted key
 * (thinning of a Poisson process, Lewis and Shedler 1979). The stream has layers: the first has the
 * marks below 100, and each further one doubles the range. No slot accepts a key of a layer above
 * its weight, so such layers need not be looked at, and heavy members do not change who of the
 * others is first. So a change of a weight moves buckets from or to that member only, and so does a
 * member that leaves and has not the highest id, whatever its weight. The member with the highest
 * id refuses the share {@code 1 - weight / range} of its keys; they count like those of free ids
 * when it leaves. If no weight exceeds 100 there is one layer and times do not matter; if all are
 * 100, every key is accepted.
 *
 * <p><b>Cost.</b> The expected number of keys for a bucket is {@code slots * range / sum of
 * weights}, where the range is that of all layers. It is 1 for consecutive ids from 0 and weights
 * of 100. So that a proposal does not take long if most ids are free, a bucket whose first {@value
 * #MOST_KEYS} keys of the first layer have found no member, at which time no other layer has
 * either, goes to the member with the earliest of random times of their own (rendezvous hashing).
 *
 * <p><b>The hash must never change.</b> Key t of layer l of bucket b is {@code mix(seed + t * G)}.
 * {@code mix} is {@link Buckets#mix}, G is 0x9E3779B97F4A7C15, and the seed is {@code mix((3 << 48
 * | l << 16 | b) * G)}. The function is that of the paper, with its constants and its {@code
 * double} arithmetic. The mark is taken from {@code mix(key + G)}, the time since the last key of
 * the layer from {@code mix(key + 2 * G)}. A member's own time is taken from key id + 1 of layer
 * 255. All of this is the same on every JVM: since Java 17 the language requires the basic
 * operations and conversions to round as IEEE 754 says, and {@link StrictMath#log} is specified by
 * its algorithm (fdlibm).
 */
final class JumpHashStrategy implements HashStrategy {
  /** Increment of the SplitMix64 sequence. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Base of the keys of buckets, apart from those of other strategies. */
  private static final long BUCKET_KEYS = 3L << 48;

  /** Place of the layer in a key. */
  private static final int LAYER_SHIFT = 16;

  /** Most keys of the first layer. */
  private static final int MOST_KEYS = 32;

  /** Stands for a layer in the keys of members' own times. */
  private static final int OWN_TIMES = 255;

  /** Multiplier of the linear congruential generator of the paper. */
  private static final long MULTIPLIER = 2_862_933_555_777_941_757L;

  /** 2 to the power of 31. */
  private static final double TWO_31 = 1L << 31;

  /** Bits of a hash that do not fit into a fraction of 52 bits. */
  private static final int EXCESS_BITS = 12;

  /** 2 to the power of -52. */
  private static final double TWO_TO_MINUS_52 = 0x1p-52;

  private static final int NOBODY = -1;

  /** Creates a strategy. */
  @Inject
  JumpHashStrategy() {}

  @Override
  public boolean honoursWeights() {
    return true;
  }

  @Override
  public int[] propose(View view) {
    int[] weights = new int[view.members().getLast().id().value() + 1]; // by slot, 0 if free
    int heaviest = 0;
    for (Member member : view.members()) {
      weights[member.id().value()] = member.weight();
      heaviest = Math.max(heaviest, member.weight());
    }
    int layers = 1;
    while (marksBefore(layers) < heaviest) {
      layers++;
    }
    int[] masters = new int[Buckets.COUNT];
    for (int bucket = 0; bucket < masters.length; bucket++) {
      int first = layers == 1 ? first(bucket, weights) : first(bucket, weights, layers);
      masters[bucket] = first == NOBODY ? earliestOfAll(bucket, view.members()) : first;
    }
    return masters;
  }

  /** The marks of all layers below this one: 0, 100, 200, 400 and so on. */
  private static int marksBefore(int layer) {
    return layer == 0 ? 0 : Member.DEFAULT_WEIGHT << layer - 1;
  }

  /** The slot of the first accepted key if there is one layer. */
  private static int first(int bucket, int[] weights) {
    long seed = seed(bucket, 0);
    for (int t = 0; t < MOST_KEYS; t++) {
      long key = key(seed, t);
      int slot = slot(key, weights.length);
      if (mark(key, 0) < weights[slot]) {
        return slot;
      }
    }
    return NOBODY;
  }

  /** The slot of the first accepted key of several layers. */
  private static int first(int bucket, int[] weights, int layers) {
    int first = NOBODY;
    double end = Double.POSITIVE_INFINITY; // of the search: the earliest accepted key
    for (int layer = 0; layer < layers; layer++) {
      long seed = seed(bucket, layer);
      double time = 0;
      for (int t = 0; time < end; t++) {
        long key = key(seed, t);
        time += time(key) / marksOf(layer); // a layer with more marks has more keys
        int slot = slot(key, weights.length);
        if (time < end && mark(key, layer) < weights[slot]) {
          first = slot;
          end = time;
        } else if (layer == 0 && t == MOST_KEYS - 1) {
          end = time;
        }
      }
    }
    return first;
  }

  /** The member with the earliest time of its own; the lower id if two are the same. */
  private static int earliestOfAll(int bucket, List<Member> members) {
    long seed = seed(bucket, OWN_TIMES);
    int earliest = NOBODY;
    double end = Double.POSITIVE_INFINITY;
    for (Member member : members) {
      double time = time(key(seed, member.id().value() + 1)) / member.weight();
      if (time < end) {
        earliest = member.id().value();
        end = time;
      }
    }
    return earliest;
  }

  private static long seed(int bucket, int layer) {
    return Buckets.mix((BUCKET_KEYS | (long) layer << LAYER_SHIFT | bucket) * GOLDEN);
  }

  private static long key(long seed, int t) {
    return Buckets.mix(seed + t * GOLDEN);
  }

  /** Uniform over the marks of the layer. */
  private static long mark(long key, int layer) {
    long hash = Buckets.mix(key + GOLDEN) >>> Integer.SIZE;
    return marksBefore(layer) + (hash * marksOf(layer) >>> Integer.SIZE);
  }

  private static int marksOf(int layer) {
    return marksBefore(layer + 1) - marksBefore(layer);
  }

  /** Exponential, of mean 1. */
  private static double time(long key) {
    double u = ((Buckets.mix(key + 2 * GOLDEN) >>> EXCESS_BITS) + 0.5) * TWO_TO_MINUS_52;
    return -StrictMath.log(u);
  }

  /** The function of the paper. */
  static int slot(long key, int slots) {
    long state = key;
    long slot = -1;
    long next = 0;
    while (next < slots) {
      slot = next;
      state = state * MULTIPLIER + 1;
      next = (long) ((slot + 1) * (TWO_31 / ((state >>> 33) + 1)));
    }
    return (int) slot;
  }
}
