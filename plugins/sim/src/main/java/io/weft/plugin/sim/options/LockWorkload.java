// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.plugin.sim.time.Delay;
import java.util.SplittableRandom;

/**
 * What users do with global locks.
 *
 * @param users of each node
 * @param locks how many different locks there are
 * @param second per mille of uses that take a second lock, in the order of names
 * @param anyOrder per mille of those that take it in any order, so that deadlocks arise
 * @param convert per mille of uses that convert
 * @param write per mille of releases that write the value, where they may
 * @param tries per mille of requests that do not wait
 * @param hurry per mille of requests that give up soon
 * @param cached locks that a node keeps without an owner
 * @param hold how long a lock is held between steps
 * @param think pause between uses
 */
public record LockWorkload(
    int users,
    int locks,
    int second,
    int anyOrder,
    int convert,
    int write,
    int tries,
    int hurry,
    int cached,
    Delay hold,
    Delay think) {
  private static final long US = 1_000;

  /** No locks. */
  public static final LockWorkload NONE =
      new LockWorkload(0, 1, 0, 0, 0, 0, 0, 0, 1_000, Delay.NONE, Delay.NONE);

  /** Drawn from a seed. */
  public static LockWorkload of(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 31 + 7);
    return new LockWorkload(
        1 + random.nextInt(4),
        1 + random.nextInt(random.nextBoolean() ? 3 : 20),
        random.nextInt(3) * 200,
        random.nextInt(4) == 0 ? 300 : 0,
        random.nextInt(3) * 200,
        random.nextInt(3) * 400,
        random.nextInt(3) * 100,
        random.nextInt(3) * 250,
        random.nextBoolean() ? 1 : 1_000,
        Delay.drawn(random, 0, (1 + random.nextInt(random.nextBoolean() ? 10 : 500)) * US),
        Delay.drawn(random, US, (1 + random.nextInt(random.nextBoolean() ? 10 : 500)) * US));
  }
}
