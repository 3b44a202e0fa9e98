// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.plugin.fd.phi.PhiFailureDetector;
import io.weft.plugin.fd.phi.PhiSettings;
import io.weft.plugin.fd.timeout.TimeoutFailureDetector;
import io.weft.plugin.fd.timeout.TimeoutSettings;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.FailureDetector.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Compares the detection time of failure detectors with the rate of false suspicions: heartbeats of
 * 100 ms in virtual time, with jitter, loss and pauses. The load of the machine has no effect,
 * because the figures depend only on the seed.
 */
final class FailureDetectorBenchmark {
  private static final long MS = 1_000_000;

  /** Interval of heartbeats. */
  private static final long INTERVAL = 100 * MS;

  /** Interval at which a detector is asked. */
  private static final long LOOK = 10 * MS;

  private static final int HEARTBEATS = 2_000_000; // 55 hours

  /** Simulated ends of a peer. */
  private static final int ENDS = 500;

  private static final double HOURS = HEARTBEATS * (double) INTERVAL / 3_600e9;

  private FailureDetectorBenchmark() {}

  /** The behaviour of the network. */
  private enum Network {
    QUIET("up to 2 ms late", 2, 0, 0, 0),
    JITTER("up to 80 ms late", 80, 0, 0, 0),
    LOSS("one in 10 lost", 5, 0.1, 0, 0),
    SHORT_PAUSES("a pause of up to 1 s a minute", 5, 0, 1.0 / 600, 1_000),
    LONG_PAUSES("a pause of up to 2.5 s in ten minutes", 5, 0, 1.0 / 6_000, 2_500);

    private final String text;
    private final int lateMs;
    private final double lost;
    private final double pauses;
    private final int pauseMs;

    Network(String text, int lateMs, double lost, double pauses, int pauseMs) {
      this.text = text;
      this.lateMs = lateMs;
      this.lost = lost;
      this.pauses = pauses;
      this.pauseMs = pauseMs;
    }

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

  private record Candidate(String key, String text, FailureDetector detector) {}

  private static List<Candidate> candidates() {
    return List.of(
        new Candidate("phi", "phi 8, pause 1 s (default)", phi(8, 1_000)),
        new Candidate("phi8", "phi 8, no pause", phi(8, 0)),
        new Candidate("phi12", "phi 12, pause 2 s", phi(12, 2_000)),
        new Candidate("timeout500", "timeout 0.5 s", timeout(500)),
        new Candidate("timeout1000", "timeout 1 s", timeout(1_000)),
        new Candidate("timeout", "timeout 3 s (default)", timeout(3_000)));
  }

  private static FailureDetector phi(double threshold, int pauseMs) {
    return new PhiFailureDetector(
        new PhiSettings(
            threshold, 200, Duration.ofMillis(50), Duration.ofMillis(pauseMs), Duration.ZERO));
  }

  private static FailureDetector timeout(int ms) {
    return new TimeoutFailureDetector(new TimeoutSettings(Duration.ofMillis(ms)));
  }

  /** Prints the table and returns its figures. */
  static List<Figure> run() {
    List<Figure> figures = new ArrayList<>();
    for (Network network : Network.values()) {
      for (Candidate candidate : candidates()) {
        String key = candidate.key() + network.name().charAt(0) + network.name().substring(1);
        String text = network.text + ", " + candidate.text();
        double wrong = falseSuspicions(candidate.detector(), network) / HOURS;
        double found = detectionMs(candidate.detector(), network);
        System.err.println(
            String.format(
                Locale.ROOT,
                "  | %s | %s | %.0f | %.2f |",
                network.text,
                candidate.text(),
                found,
                wrong));
        figures.add(Figure.of(key + "Ms", text + ": found after", found, "ms"));
        figures.add(Figure.of(key + "Wrong", text + ": wrong, an hour", wrong, ""));
      }
    }
    return figures;
  }

  /** Suspicions of a peer that is alive; those of one silence count once. */
  private static int falseSuspicions(FailureDetector detector, Network network) {
    long[] arrivals = network.arrivals(HEARTBEATS, new SplittableRandom(1));
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
  private static double detectionMs(FailureDetector detector, Network network) {
    SplittableRandom random = new SplittableRandom(2);
    double sum = 0;
    for (int i = 0; i < ENDS; i++) {
      long[] arrivals = network.arrivals(1_000, random);
      Watch watch = detector.watch(0, INTERVAL);
      for (long arrival : arrivals) {
        watch.heard(arrival);
      }
      long last = arrivals[arrivals.length - 1];
      long end = last + random.nextLong(INTERVAL);
      long now = end;
      while (watch.suspicion(now) < 1) {
        now += LOOK;
      }
      sum += (now - end) / (double) MS;
    }
    return sum / ENDS;
  }
}
