// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.time.Duration;

/**
 * Settings of global locks, section {@code weft.cache-fusion.locks}. The shards have equal parts of
 * both bounds.
 *
 * @param cached most locks that this node keeps after its owners have released them, 1 to
 *     10,000,000
 * @param held most locks that owners of this node hold or wait for, 1 to 10,000,000
 * @param timeout how long a blocking call waits for a lock unless it says otherwise; longer than 0
 */
public record LockSettings(int cached, int held, Duration timeout) {
  private static final int MOST_LOCKS = 10_000_000;

  /** Checks the ranges. */
  public LockSettings {
    require("cached", cached);
    require("held", held);
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("timeout = " + timeout + ": allowed is longer than 0");
    }
  }

  private static void require(String key, int value) {
    if (value < 1 || value > MOST_LOCKS) {
      throw new IllegalArgumentException(key + " = " + value + ": allowed is 1 to " + MOST_LOCKS);
    }
  }
}
