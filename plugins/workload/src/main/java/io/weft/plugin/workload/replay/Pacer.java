// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.plugin.workload.shared.Clock;
import java.util.function.BooleanSupplier;

/** Determines when a request of a trace is due. Thread-safe once started. */
public final class Pacer {
  /** The speed without waiting. */
  public static final double MAX_SPEED = Double.POSITIVE_INFINITY;

  /** Longest wait between two checks whether the run was given up. */
  private static final long STEP_NS = 50_000_000;

  private final Clock clock;
  private final double speed;
  private volatile long startNs;

  /**
   * Creates a pacer.
   *
   * @param speed recorded seconds per second, larger than 0; {@link #MAX_SPEED} for no waiting
   */
  Pacer(Clock clock, double speed) {
    if (!(speed > 0)) {
      throw new IllegalArgumentException("speed " + speed + " is not larger than 0");
    }
    this.clock = clock;
    this.speed = speed;
  }

  /** Parses a speed of the command line: a number, or {@code max}. */
  public static double parse(String speed) {
    if (speed.equals("max")) {
      return MAX_SPEED;
    }
    try {
      double value = Double.parseDouble(speed);
      if (value > 0 && !Double.isInfinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like numbers out of range.
    }
    throw new IllegalArgumentException(
        "speed '" + speed + "' is neither 'max' nor a number larger than 0 (1 is as recorded)");
  }

  /** Whether requests have to wait. */
  boolean isPaced() {
    return speed != MAX_SPEED;
  }

  /** Sets the recorded time 0 to now. */
  void start() {
    startNs = clock.nanoTime();
  }

  /**
   * Waits until a request is due.
   *
   * @param micros its recorded time, from 0
   * @param givenUp polled while waiting; true ends the wait
   */
  void await(long micros, BooleanSupplier givenUp) {
    if (speed == MAX_SPEED) {
      return;
    }
    long dueNs = (long) (micros * 1000.0 / speed);
    for (long waitNs = remaining(dueNs);
        waitNs > 0 && !givenUp.getAsBoolean();
        waitNs = remaining(dueNs)) {
      clock.park(Math.min(waitNs, STEP_NS));
    }
  }

  private long remaining(long dueNs) {
    return dueNs - (clock.nanoTime() - startNs);
  }
}
