// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.view.Views;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The map is the strategy's, and only a map that keeps the strategy's rules is taken. */
final class BucketMapDirectoryTest {
  private static final View VIEW =
      new View(
          Epoch.FIRST,
          List.of(new Member(new NodeId(3), "a", 1), new Member(new NodeId(63), "b", 2)));

  private static final Views VIEWS =
      new Views() {
        @Override
        public View current() {
          return VIEW;
        }

        @Override
        public boolean leaseHolds() {
          return true;
        }
      };

  @Test
  void answersWhatTheStrategyProposed() {
    var directory = new BucketMapDirectory(view -> map(bucket -> bucket < 100 ? 63 : 3), VIEWS);
    assertEquals(63, directory.masterOfBucket(0));
    assertEquals(63, directory.masterOfBucket(99));
    assertEquals(3, directory.masterOfBucket(100));
    assertEquals(3, directory.masterOfBucket(Buckets.COUNT - 1));
    assertEquals(directory.masterOfBucket(Buckets.of(7, 4_711)), directory.masterOf(7, 4_711));
  }

  @Test
  void countsTheBucketsOfEveryNode() {
    var directory = new BucketMapDirectory(view -> map(bucket -> bucket < 100 ? 63 : 3), VIEWS);
    assertEquals(100, directory.bucketsOf(63));
    assertEquals(Buckets.COUNT - 100, directory.bucketsOf(3));
    assertEquals(0, directory.bucketsOf(4));
    assertEquals(0, directory.bucketsOf(-1));
    assertEquals(0, directory.bucketsOf(64));
  }

  @Test
  void isNotChangedByTheStrategyAfterwards() {
    int[] proposed = map(_ -> 3);
    var directory = new BucketMapDirectory(_ -> proposed, VIEWS);
    proposed[17] = 63;
    assertEquals(3, directory.masterOfBucket(17));
  }

  @Test
  void refusesMapsThatGiveBucketsToStrangers() {
    for (int stranger : new int[] {4, -1, 64, Integer.MAX_VALUE}) {
      assertRefused(_ -> map(bucket -> bucket == 17 ? stranger : 3), "bucket 17");
    }
  }

  @Test
  void refusesMapsOfAnotherSize() {
    assertRefused(_ -> new int[0], "0 buckets instead of 65536");
    assertRefused(_ -> new int[Buckets.COUNT + 1], "65537 buckets instead of 65536");
  }

  private static void assertRefused(HashStrategy strategy, String part) {
    var error = assertThrows(WeftException.class, () -> new BucketMapDirectory(strategy, VIEWS));
    assertEquals(CoreErrors.INVARIANT_BROKEN, error.code());
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  private static int[] map(IntUnaryOperator master) {
    int[] masters = new int[Buckets.COUNT];
    Arrays.setAll(masters, master);
    return masters;
  }
}
