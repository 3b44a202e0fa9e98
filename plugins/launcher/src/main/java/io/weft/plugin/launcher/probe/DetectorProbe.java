// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import io.weft.plugin.assembly.LonePart;
import io.weft.plugin.assembly.Plan;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.FailureDetector.Watch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A failure detector in virtual time: heartbeats every 100 ms that are late, lost or held up by
 * pauses. All but the cost of a call depends on the round alone.
 */
final class DetectorProbe implements Probe {
  private static final long MS = 1_000_000;
  private static final long INTERVAL = 100 * MS;

  /** Interval at which a detector is asked. */
  private static final long LOOK = 10 * MS;

  private static final int HEARTBEATS = 180_000; // 5 hours
  private static final double HOURS = HEARTBEATS * (double) INTERVAL / 3_600e9;

  /** Ends of a peer in a round, and the heartbeats before each. */
  private static final int ENDS = 40;

  private static final int HEARTBEATS_BEFORE_END = 400;

  /** A peer that is never suspected is given up after this time. */
  private static final long MOST_SILENCE = 600_000 * MS;

  private static final int CALLS = 4_096;
  private static final double PAUSES = 1.0 / 6_000;
  private static final int LATE_MS = 5;

  private final LonePart<FailureDetector> lone;
  private final FailureDetector detector;

  DetectorProbe(Plan plan) {
    lone = plan.alone(FailureDetector.class);
    detector = lone.part();
  }

  /**
   * The behaviour of the network.
   *
   * @param lateMs greatest delay, in milliseconds
   * @param lost share of the heartbeats
   * @param pauses share of the heartbeats before which the peer pauses
   * @param pauseMs longest pause, in milliseconds
   */
  private record Network(int lateMs, double lost, double pauses, int pauseMs) {
    /** The arrivals of heartbeats, ascending; a paused peer sends nothing meanwhile. */
    long[] arrivals(int count, SplittableRandom random) {
      long[] arrivals = new long[count];
      int delivered = 0;
      long sent = 0;
      long last = 0;
      for (int i = 0; i < count; i++) {
        sent += INTERVAL;
        if (random.nextDouble() < pauses) {
          sent += random.nextLong(pauseMs * MS);
        }
        if (random.nextDouble() >= lost) {
          last = Math.max(last + 1, sent + random.nextLong(lateMs * MS));
          arrivals[delivered++] = last;
        }
      }
      return Arrays.copyOf(arrivals, delivered);
    }
  }

  @Override
  public List<MeasuredValue> measure(String step, long millis, int round) {
    String[] words = step.split(":");
    return switch (words[0]) {
      case "cost" -> cost(millis);
      case "late" ->
          judge("Late", words[1], new Network(Integer.parseInt(words[1]), 0, 0, 0), round);
      case "lost" ->
          judge(
              "Lost",
              words[1],
              new Network(LATE_MS, Integer.parseInt(words[1]) / 100.0, 0, 0),
              round);
      case "pause" ->
          judge(
              "Paused",
              words[1],
              new Network(LATE_MS, 0, PAUSES, Math.max(1, Integer.parseInt(words[1]))),
              round);
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  private List<MeasuredValue> judge(String kind, String at, Network network, int round) {
    SplittableRandom random = new SplittableRandom(round + 1L);
    int wrong = falseSuspicions(network, random);
    return List.of(
        new MeasuredValue("wrong" + kind, at, wrong / HOURS, HEARTBEATS),
        new MeasuredValue("found" + kind, at, detectionSeconds(network, random), ENDS));
  }

  /** Suspicions of a peer that is alive; those of one silence count once. */
  private int falseSuspicions(Network network, SplittableRandom random) {
    long[] arrivals = network.arrivals(HEARTBEATS, random);
    Watch watch = detector.watch(0, INTERVAL);
    int wrong = 0;
    for (long arrival : arrivals) {
      if (watch.suspicion(arrival) >= 1) {
        wrong++;
      }
      watch.heard(arrival);
    }
    return wrong;
  }

  /** The mean time from a peer's end, at any moment, to its suspicion. */
  private double detectionSeconds(Network network, SplittableRandom random) {
    double sum = 0;
    for (int i = 0; i < ENDS; i++) {
      long[] arrivals = network.arrivals(HEARTBEATS_BEFORE_END, random);
      Watch watch = detector.watch(0, INTERVAL);
      for (long arrival : arrivals) {
        watch.heard(arrival);
      }
      long last = arrivals.length == 0 ? 0 : arrivals[arrivals.length - 1];
      sum += silence(watch, last + random.nextLong(INTERVAL)) / 1e9;
    }
    return sum / ENDS;
  }

  private static long silence(Watch watch, long end) {
    long now = end;
    while (watch.suspicion(now) < 1) {
      now += LOOK;
      if (now - end > MOST_SILENCE) {
        throw new IllegalStateException(
            "a peer that has ended is not suspected after 10 minutes (rule FD-2)");
      }
    }
    return now - end;
  }

  /** What a heartbeat costs: it is recorded, and the suspicion asked for. */
  private List<MeasuredValue> cost(long millis) {
    long[] arrivals = new Network(LATE_MS, 0, 0, 0).arrivals(CALLS, new SplittableRandom(1));
    Times times = new Times();
    List<MeasuredValue> readings = new ArrayList<>();
    long end = System.nanoTime() + millis * MS;
    do {
      Watch watch = detector.watch(0, INTERVAL);
      long begin = System.nanoTime();
      for (long arrival : arrivals) {
        watch.suspicion(arrival);
        watch.heard(arrival);
      }
      times.add(System.nanoTime() - begin);
    } while (System.nanoTime() - end < 0);
    double each = times.micros(50) * 1e3 / CALLS;
    readings.add(new MeasuredValue("cost", "heartbeat", each, (long) times.count() * CALLS));
    return readings;
  }

  @Override
  public void close() {
    lone.close();
  }
}
