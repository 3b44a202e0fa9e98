// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class SequentialDetectorTest {
  private long requested;
  private long used;

  private SequentialDetector detector(int window) {
    return new SequentialDetector(window, () -> requested, () -> used);
  }

  @Test
  void fetchesAheadFromTheSecondMissOfAStream() {
    SequentialDetector detector = detector(8);
    assertEquals(0, detector.onMiss(1, 100));
    assertEquals(8, detector.onMiss(1, 101));
    assertEquals(8, detector.onMiss(1, 110), "the next miss comes after what was fetched");
    assertEquals(0, detector.onMiss(1, 200));
  }

  @Test
  void tellsStreamsOfDifferentFilesApart() {
    SequentialDetector detector = detector(4);
    detector.onMiss(1, 10);
    assertEquals(0, detector.onMiss(2, 11));
    assertEquals(4, detector.onMiss(1, 11));
    assertEquals(4, detector.onMiss(2, 12));
  }

  @Test
  void forgetsTheOldestStream() {
    SequentialDetector detector = detector(4);
    detector.onMiss(1, 10);
    for (int i = 0; i < 16; i++) {
      detector.onMiss(2, i * 1000L);
    }
    assertEquals(0, detector.onMiss(1, 11));
  }

  @Test
  void isOffWithoutAWindow() {
    SequentialDetector detector = detector(0);
    detector.onMiss(1, 10);
    assertEquals(0, detector.onMiss(1, 11));
  }

  @Test
  void pausesWhenWhatItFetchedIsNotUsedAndTriesAgainLater() {
    SequentialDetector detector = detector(8);
    long number = 0;
    int prefetches = 0;
    for (int i = 0; i <= SequentialDetector.TRIAL_RUNS; i++) {
      int ahead = detector.onMiss(1, number++);
      requested += ahead;
      prefetches += ahead > 0 ? 1 : 0;
    }
    assertEquals(SequentialDetector.TRIAL_RUNS, prefetches);
    for (int i = 0; i <= SequentialDetector.PAUSE_RUNS; i++) {
      assertEquals(0, detector.onMiss(1, number++));
    }
    assertEquals(8, detector.onMiss(1, number), "the next trial");
  }

  @Test
  void goesOnWhileWhatItFetchesIsUsed() {
    SequentialDetector detector = detector(8);
    detector.onMiss(1, 0);
    for (long number = 1; number < 10 * SequentialDetector.TRIAL_RUNS; number++) {
      assertEquals(8, detector.onMiss(1, number));
      requested += 8;
      used += 4;
    }
  }
}
