// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A distribution of delays, in integer arithmetic so that a seed gives the same run everywhere.
 *
 * @param shape the form
 * @param minNs the least delay
 * @param spreadNs uniform: width; otherwise the scale of the body
 */
public record Delay(Shape shape, long minNs, long spreadNs) {
  /** The form of a distribution. */
  public enum Shape {
    /** Every delay from min to min + spread is as likely as any other. */
    UNIFORM,
    /** Many short delays, few long ones; mean about min + 1.5 spread. */
    EXPONENTIAL,
    /** Pareto-like with index 1, cut at 512 spreads: now and then everything else overtakes. */
    HEAVY_TAIL
  }

  private static final int MAX_DOUBLINGS = 9;

  /** No delay. */
  public static final Delay NONE = new Delay(Shape.UNIFORM, 0, 0);

  /** A distribution of any shape. */
  public static Delay drawn(SplittableRandom random, long minNs, long spreadNs) {
    Shape[] shapes = Shape.values();
    return new Delay(shapes[random.nextInt(shapes.length)], minNs, spreadNs);
  }

  /** Draws a delay in nanoseconds. */
  public long sample(RandomGenerator random) {
    if (spreadNs == 0) {
      return minNs;
    }
    long bits = random.nextLong();
    long part = (bits >>> 1) % spreadNs;
    return minNs
        + switch (shape) {
          case UNIFORM -> part;
          case EXPONENTIAL -> spreadNs * Long.numberOfLeadingZeros(random.nextLong()) + part;
          case HEAVY_TAIL ->
              part << Math.min(MAX_DOUBLINGS, Long.numberOfLeadingZeros(random.nextLong()));
        };
  }

  @Override
  public String toString() {
    return shape + "(" + minNs / 1000 + "us+" + spreadNs / 1000 + "us)";
  }
}
