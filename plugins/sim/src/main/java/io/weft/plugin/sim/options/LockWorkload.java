// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.plugin.sim.time.Delay;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

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
 * @param modes what users ask for
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
    List<LockMode> modes,
    int cached,
    Delay hold,
    Delay think) {
  private static final long US = 1_000;

  private static final List<LockMode> ALL =
      List.of(LockMode.CR, LockMode.CW, LockMode.PR, LockMode.PW, LockMode.EX);

  /** No locks. */
  public static final LockWorkload NONE =
      new LockWorkload(0, 1, 0, 0, 0, 0, 0, 0, ALL, 1_000, Delay.NONE, Delay.NONE);

  /** The locks that users take. */
  public List<LockName> names() {
    return IntStream.range(0, locks).mapToObj(LockWorkload::name).toList();
  }

  /** The name of a lock. */
  public static LockName name(int lock) {
    return LockName.of("lock " + lock);
  }

  /** Drawn from a seed: every fourth one is {@link #inAHurry}. */
  public static LockWorkload of(long seed) {
    return seed % 4 == 2 ? inAHurry(seed) : ordinary(seed);
  }

  /** Many users of one lock who give up soon, at nodes that keep nothing. */
  public static LockWorkload inAHurry(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 31 + 11);
    return new LockWorkload(
        2 + random.nextInt(3),
        1 + random.nextInt(2),
        0,
        0,
        100,
        300,
        50,
        300 + random.nextInt(600),
        random.nextBoolean() ? ALL : List.of(LockMode.PR, LockMode.EX),
        1,
        Delay.drawn(random, 0, (1 + random.nextInt(20)) * US),
        Delay.drawn(random, 0, (1 + random.nextInt(20)) * US));
  }

  /** Conversions between modes of which none covers the other. */
  public static LockWorkload crosswise(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 31 + 13);
    return new LockWorkload(
        2 + random.nextInt(3),
        1 + random.nextInt(2),
        0,
        0,
        600,
        0,
        0,
        100,
        List.of(LockMode.CR, LockMode.CW, LockMode.PR),
        1_000,
        Delay.drawn(random, 0, (1 + random.nextInt(200)) * US),
        Delay.drawn(random, 0, (1 + random.nextInt(100)) * US));
  }

  private static LockWorkload ordinary(long seed) {
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
        ALL,
        random.nextBoolean() ? 1 : 1_000,
        Delay.drawn(random, 0, (1 + random.nextInt(random.nextBoolean() ? 10 : 500)) * US),
        Delay.drawn(random, US, (1 + random.nextInt(random.nextBoolean() ? 10 : 500)) * US));
  }
}
