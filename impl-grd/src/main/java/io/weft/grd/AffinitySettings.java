// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import java.time.Duration;

/**
 * Settings of {@link AffinityPolicy}, section {@code weft.remaster-policy.affinity}.
 *
 * @param threshold requests of other nodes, in the decayed count, from which a bucket may move; 1
 *     to 1,000,000,000
 * @param winFactor how many times as often as its master the next master has to ask for a bucket; 1
 *     to 100
 * @param rest of a bucket after a move; longer than 0, up to 1 hour
 * @param imbalance difference of a member's load from the mean that is not exceeded, in percent; 1
 *     to 1,000
 * @param balanceFrom load of all members, in the decayed count, from which it is balanced; 1 to
 *     1,000,000,000
 */
public record AffinitySettings(
    int threshold, int winFactor, Duration rest, int imbalance, int balanceFrom) {
  private static final int MOST_REQUESTS = 1_000_000_000;
  private static final Duration MOST_REST = Duration.ofHours(1);

  /** The defaults of {@code reference.conf}. */
  public static final AffinitySettings DEFAULTS =
      new AffinitySettings(100, 2, Duration.ofSeconds(10), 20, 2_000);

  /** Checks the ranges. */
  public AffinitySettings {
    require("threshold", threshold, MOST_REQUESTS);
    require("win-factor", winFactor, 100);
    require("imbalance", imbalance, 1_000);
    require("balance-from", balanceFrom, MOST_REQUESTS);
    if (!rest.isPositive() || rest.compareTo(MOST_REST) > 0) {
      throw new IllegalArgumentException(
          "rest = " + rest + ": allowed is longer than 0 to " + MOST_REST);
    }
  }

  private static void require(String key, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(key + " = " + value + ": allowed is 1 to " + most);
    }
  }
}
