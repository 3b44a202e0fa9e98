// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.FailureDetector.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link FailureDetector} keeps: rules FD-1 to FD-3. No test waits: a detector sees only
 * the time that it is given.
 */
public abstract class FailureDetectorContract {
  private static final long MS = 1_000_000;
  private static final long INTERVAL = 100 * MS;
  private static final long DAY = 86_400_000 * MS;
  private static final int SEEDS = 20;

  /** Beginnings of monotonic time, which may be negative, and pass the largest number. */
  private static final List<Long> STARTS =
      List.of(0L, -7_000 * MS, Long.MAX_VALUE - 1_000 * MS, Long.MIN_VALUE);

  /** A new detector under test, always with the same settings. */
  protected abstract FailureDetector detector();

  @Test
  void hasAName() {
    assertFalse(detector().name().isBlank());
  }

  @Test
  @Tag("FD-1")
  void judgesByTheTimeThatItIsGivenOnly() {
    for (int seed = 0; seed < SEEDS; seed++) {
      List<Double> expected = story(detector(), 0, seed);
      for (long start : STARTS) {
        assertEquals(
            expected, story(detector(), start, seed), "from " + start + " with seed " + seed);
      }
    }
  }

  @Test
  @Tag("FD-1")
  void askingChangesNothing() {
    Watch asked = detector().watch(0, INTERVAL);
    Watch left = detector().watch(0, INTERVAL);
    for (int beat = 1; beat <= 50; beat++) {
      for (int ask = 0; ask < 100; ask++) {
        asked.suspicion(beat * INTERVAL - 100 + ask);
      }
      asked.heard(beat * INTERVAL);
      left.heard(beat * INTERVAL);
    }
    for (long silence = 0; silence < DAY; silence = 2 * silence + MS) {
      long now = 50 * INTERVAL + silence;
      assertEquals(left.suspicion(now), asked.suspicion(now), "after " + silence + " ns");
    }
  }

  @Test
  @Tag("FD-1")
  void watchesKnowNothingOfEachOther() {
    FailureDetector shared = detector();
    Watch alone = detector().watch(0, INTERVAL);
    Watch steady = shared.watch(0, INTERVAL);
    Watch silent = shared.watch(0, INTERVAL);
    for (int beat = 1; beat <= 50; beat++) {
      alone.heard(beat * INTERVAL);
      steady.heard(beat * INTERVAL);
      silent.suspicion(beat * INTERVAL);
    }
    long now = 50 * INTERVAL + INTERVAL / 2;
    assertEquals(alone.suspicion(now), steady.suspicion(now));
    assertTrue(silent.suspicion(now) > steady.suspicion(now));
  }

  @Test
  @Tag("FD-2")
  void suspectsAPeerThatIsSilentForGoodAndGoesOnSuspectingIt() {
    for (int beats : new int[] {0, 1, 2, 1_000}) {
      Watch watch = detector().watch(0, INTERVAL);
      long last = beats(watch, beats);
      long silence = silenceUntilSuspected(watch, last);
      double before = watch.suspicion(last + silence);
      for (; silence < DAY; silence += silence / 3) {
        double suspicion = watch.suspicion(last + silence);
        assertTrue(suspicion >= Math.min(before, 1e6), "gets less sure after " + silence + " ns");
        before = suspicion;
      }
    }
  }

  @Test
  @Tag("FD-2")
  void theNextHeartbeatEndsTheSuspicion() {
    Watch watch = detector().watch(0, INTERVAL);
    long last = beats(watch, 100);
    long back = last + 2 * silenceUntilSuspected(watch, last);
    assertTrue(watch.suspicion(back) >= 1);
    watch.heard(back);
    assertTrue(watch.suspicion(back) < 1, () -> "still " + watch.suspicion(back));
  }

  @Test
  @Tag("FD-2")
  void aPeerThatFallsSilentAgainIsSuspectedAgain() {
    Watch watch = detector().watch(0, INTERVAL);
    long now = beats(watch, 100);
    for (int silence = 0; silence < 5; silence++) {
      now += silenceUntilSuspected(watch, now);
      watch.heard(now);
    }
    silenceUntilSuspected(watch, now);
  }

  @Test
  @Tag("FD-2")
  void aSteadyPeerIsNotSuspected() {
    Watch watch = detector().watch(0, INTERVAL);
    for (int beat = 1; beat <= 1_000; beat++) {
      double suspicion = watch.suspicion(beat * INTERVAL);
      assertTrue(suspicion >= 0 && suspicion < 1, "at beat " + beat + ": " + suspicion);
      watch.heard(beat * INTERVAL);
    }
  }

  /** Nothing of a watch may hang on the thread that uses it. */
  @Test
  @Tag("FD-3")
  void aWatchMayPassFromThreadToThread() throws InterruptedException {
    Watch moved = detector().watch(0, INTERVAL);
    Watch stayed = detector().watch(0, INTERVAL);
    for (int beat = 1; beat <= 20; beat++) {
      long now = beat * INTERVAL;
      stayed.heard(now);
      Thread.ofPlatform().start(() -> moved.heard(now)).join();
    }
    long later = 23 * INTERVAL;
    List<Double> seen = new ArrayList<>();
    Thread.ofPlatform().start(() -> seen.add(moved.suspicion(later))).join();
    assertEquals(List.of(stayed.suspicion(later)), seen);
  }

  /** Different watches of one detector serve different threads at once. */
  @Test
  @Tag("FD-3")
  void watchesOfSeveralThreadsDoNotDisturbEachOther() throws InterruptedException {
    FailureDetector shared = detector();
    List<Double> expected = story(detector(), 0, 1);
    List<List<Double>> stories = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      List<Double> told = new ArrayList<>();
      stories.add(told);
      threads.add(Thread.ofPlatform().start(() -> told.addAll(story(shared, 0, 1))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    stories.forEach(told -> assertEquals(expected, told));
  }

  /** What a watch says over heartbeats of an unsteady rhythm, which the seed decides. */
  private static List<Double> story(FailureDetector detector, long start, int seed) {
    Random random = new Random(seed);
    Watch watch = detector.watch(start, INTERVAL);
    List<Double> said = new ArrayList<>();
    long now = start;
    for (int step = 0; step < 300; step++) {
      now += random.nextLong(2 * INTERVAL);
      if (random.nextInt(3) > 0) {
        watch.heard(now);
      } else {
        said.add(watch.suspicion(now));
      }
    }
    return said;
  }

  private static long beats(Watch watch, int count) {
    for (int beat = 1; beat <= count; beat++) {
      watch.heard(beat * INTERVAL);
    }
    return count * INTERVAL;
  }

  private static long silenceUntilSuspected(Watch watch, long last) {
    for (long silence = MS; silence < DAY; silence += silence / 10 + MS) {
      if (watch.suspicion(last + silence) >= 1) {
        return silence;
      }
    }
    throw new AssertionError("a peer that has been silent for a day is not suspected (FD-2)");
  }
}
