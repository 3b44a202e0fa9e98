// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class SequentialDetectorTest {
  @Test
  void fetchesAheadFromTheSecondMissOfAStream() {
    SequentialDetector detector = new SequentialDetector(8);
    assertEquals(0, detector.onMiss(1, 100));
    assertEquals(8, detector.onMiss(1, 101));
    assertEquals(8, detector.onMiss(1, 110), "the next miss comes after what was fetched");
    assertEquals(0, detector.onMiss(1, 200));
  }

  @Test
  void tellsStreamsOfDifferentFilesApart() {
    SequentialDetector detector = new SequentialDetector(4);
    detector.onMiss(1, 10);
    assertEquals(0, detector.onMiss(2, 11));
    assertEquals(4, detector.onMiss(1, 11));
    assertEquals(4, detector.onMiss(2, 12));
  }

  @Test
  void forgetsTheOldestStream() {
    SequentialDetector detector = new SequentialDetector(4);
    detector.onMiss(1, 10);
    for (int i = 0; i < 16; i++) {
      detector.onMiss(2, i * 1000L);
    }
    assertEquals(0, detector.onMiss(1, 11));
  }

  @Test
  void isOffWithoutAWindow() {
    SequentialDetector detector = new SequentialDetector(0);
    detector.onMiss(1, 10);
    assertEquals(0, detector.onMiss(1, 11));
  }
}
