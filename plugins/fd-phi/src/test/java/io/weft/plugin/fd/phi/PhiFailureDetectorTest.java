// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.FailureDetectorContract;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.FailureDetector.Watch;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The contract, and when a silence becomes suspicious. */
final class PhiFailureDetectorTest extends FailureDetectorContract {
  private static final long MS = 1_000_000;
  private static final Duration HUNDRED = Duration.ofMillis(100);

  @Override
  protected FailureDetector detector() {
    return detector(8, 200, Duration.ZERO);
  }

  /** Tails of the standard normal distribution, as tables have them. */
  @Test
  void theTailIsThatOfTheNormalDistribution() {
    double[][] table = {
      {0, 0.5},
      {1, 0.158655254},
      {2, 0.0227501319},
      {3, 0.00134989803},
      {5, 2.86651572e-7},
      {8, 6.22096057e-16},
      {-1, 0.841344746},
      {-3, 0.998650102}
    };
    for (double[] row : table) {
      assertEquals(row[1], Math.exp(Phi.lnTail(row[0])), 2e-7 * row[1] + 1e-12);
    }
    // Far out, where 1 - F is 0 in doubles: the asymptotic series 1/y - 1/y^3 of Mills' ratio.
    double y = 60;
    double expected = -y * y / 2 - Math.log(y * Math.sqrt(2 * Math.PI)) + Math.log1p(-1 / (y * y));
    assertEquals(expected, Phi.lnTail(y), 1e-5);
  }

  @Test
  void phiIsTheNumberOfNinesOfCertainty() {
    assertEquals(0.30103, Phi.of(100, 100, 10), 1e-6);
    assertEquals(8, Phi.of(156.12, 100, 10), 0.01);
    assertTrue(Phi.of(1e9, 100, 1) > 1e12);
    assertEquals(0, Phi.of(0, 100, 1), 1e-9);
  }

  @Test
  void suspicionGrowsWithTheSilenceUntilTheNextHeartbeat() {
    Watch watch = detector(8, 200, Duration.ZERO).watch(0, 100 * MS);
    long now = beats(watch, 0, 50, 100 * MS);
    double before = watch.suspicion(now);
    assertTrue(before < 0.1);
    for (long silence = 10 * MS; silence < 2000 * MS; silence += 10 * MS) {
      double next = watch.suspicion(now + silence);
      assertTrue(next >= before, "at " + silence);
      before = next;
    }
    assertTrue(before > 1);
    watch.heard(now + 2000 * MS);
    assertTrue(watch.suspicion(now + 2000 * MS) < 0.1);
  }

  @Test
  void evidenceNamesSilencePhiThresholdAndRhythm() {
    Watch watch = detector(8, 200, Duration.ZERO).watch(0, 100 * MS);
    long now = beats(watch, 0, 50, 100 * MS);
    String evidence = watch.evidence(now + 2000 * MS);
    assertTrue(evidence.startsWith("silent for 2000 ms, phi "), evidence);
    assertTrue(evidence.contains("threshold 8.0; its heartbeats arrive every 10"), evidence);
  }

  @Test
  void anUnsteadyRhythmTakesLongerToBecomeSuspicious() {
    assertTrue(detectionNs(60) > detectionNs(1) + 100 * MS);
  }

  /** The time until a peer is suspected whose intervals vary by up to some milliseconds. */
  private static long detectionNs(int jitterMs) {
    SplittableRandom random = new SplittableRandom(7);
    Watch watch = detector(8, 200, Duration.ZERO).watch(0, 100 * MS);
    long now = 0;
    for (int i = 0; i < 300; i++) {
      now += (100 + random.nextInt(-jitterMs, jitterMs + 1)) * MS;
      watch.heard(now);
    }
    long silence = 0;
    while (watch.suspicion(now + silence) < 1) {
      silence += MS;
    }
    return silence;
  }

  @Test
  void anAcceptablePauseIsNotSuspicious() {
    Watch patient = detector(8, 200, Duration.ofSeconds(1)).watch(0, 100 * MS);
    long now = beats(patient, 0, 50, 100 * MS);
    assertFalse(patient.suspicion(now + 1000 * MS) >= 1);
    assertTrue(patient.suspicion(now + 1500 * MS) >= 1);
  }

  @Test
  void newsBetweenTheHeartbeatsDoNotSpoilTheRhythm() {
    Watch watch = detector(8, 200, Duration.ZERO).watch(0, 100 * MS);
    long now = 0;
    for (int i = 0; i < 200; i++) {
      for (int news = 1; news <= 5; news++) {
        watch.heard(now + news * MS);
      }
      now += 100 * MS;
      watch.heard(now);
    }
    assertTrue(watch.suspicion(now + 150 * MS) < 1);
  }

  @Test
  void theWindowForgets() {
    Watch watch = detector(8, 10, Duration.ZERO).watch(0, 100 * MS);
    long now = beats(watch, 0, 100, 1000 * MS);
    assertTrue(watch.suspicion(now + 900 * MS) < 1);
    now = beats(watch, now, 100, 100 * MS);
    assertTrue(watch.suspicion(now + 900 * MS) > 1);
  }

  @Test
  void theWindowKeepsItsSumsExact() {
    SplittableRandom random = new SplittableRandom(1);
    Intervals intervals = new Intervals(3, 100 * MS);
    for (int i = 0; i < 1_000_000; i++) {
      intervals.add(random.nextLong(30_000 * MS));
    }
    for (long interval : new long[] {90, 100, 110}) {
      intervals.add(interval * MS);
    }
    assertEquals(100 * MS, intervals.meanNs(), 1);
    assertEquals(Math.sqrt(200.0 / 3) * MS, intervals.deviationNs(), 1000);
  }

  @Test
  void settingsNameKeyValueAndRange() {
    refused("threshold = 0.0", 0, 200, HUNDRED);
    refused("window = 1", 8, 1, HUNDRED);
    refused("min-deviation = 0 ms", 8, 200, Duration.ZERO);
  }

  private static void refused(String part, double threshold, int window, Duration deviation) {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new PhiSettings(threshold, window, deviation, Duration.ZERO, Duration.ZERO));
    assertTrue(error.getMessage().contains("weft.failure-detector.phi." + part));
  }

  private static long beats(Watch watch, long from, int count, long interval) {
    for (int i = 1; i <= count; i++) {
      watch.heard(from + i * interval);
    }
    return from + count * interval;
  }

  private static PhiFailureDetector detector(double threshold, int window, Duration pause) {
    return new PhiFailureDetector(
        new PhiSettings(threshold, window, Duration.ofMillis(10), pause, Duration.ZERO));
  }
}
