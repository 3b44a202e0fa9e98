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
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.Overrides;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map is the strategy's, and only a map that keeps the strategy's rules is taken. */
final class BucketMapDirectoryTest {
  private static final View VIEW =
      new View(
          Epoch.FIRST,
          List.of(new Member(new NodeId(3), "a", 1), new Member(new NodeId(63), "b", 2)));

  private static final View ALONE =
      new View(new Epoch(2), List.of(new Member(new NodeId(3), "a", 1)));

  @Test
  void answersWhatTheStrategyProposed() {
    var directory = installed(_ -> map(bucket -> bucket < 100 ? 63 : 3));
    assertEquals(63, directory.masterOfBucket(0));
    assertEquals(63, directory.masterOfBucket(99));
    assertEquals(3, directory.masterOfBucket(100));
    assertEquals(3, directory.masterOfBucket(Buckets.COUNT - 1));
    assertEquals(directory.masterOfBucket(Buckets.of(7, 4_711)), directory.masterOf(7, 4_711));
  }

  @Test
  @Tag("RD-1")
  void directoriesOfOneViewAgreeWhateverTheyAnsweredBefore() {
    HashStrategy strategy = view -> map(_ -> view.members().getLast().id().value());
    BucketMapDirectory one = new BucketMapDirectory(strategy);
    BucketMapDirectory two = new BucketMapDirectory(strategy);
    one.install(one.mapOf(ALONE));
    for (BucketMapDirectory directory : List.of(one, two)) {
      directory.install(directory.mapOf(VIEW));
    }
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      assertEquals(one.masterOfBucket(bucket), two.masterOfBucket(bucket));
    }
    assertEquals(63, one.masterOfBucket(0));
  }

  @Test
  @Tag("RD-1")
  void movedBucketsHaveTheMasterToWhichTheyWereMovedIfItIsAMember() {
    var directory = new BucketMapDirectory(_ -> map(bucket -> bucket < 100 ? 63 : 3));
    BucketMap map = directory.mapOf(VIEW, Overrides.of(Map.of(0, 3, 99, 4, 100, 63, 101, 63)));
    assertEquals(3, map.masterOfBucket(0));
    assertEquals(63, map.masterOfBucket(1));
    assertEquals(63, map.masterOfBucket(99), "n4 is no member");
    assertEquals(63, map.masterOfBucket(100));
    assertEquals(101, map.bucketsOf(63));
    assertEquals(Buckets.COUNT - 101, map.bucketsOf(3));
    assertEquals(0, map.bucketsOf(4));
  }

  @Test
  void countsTheBucketsOfEveryNode() {
    var directory = installed(_ -> map(bucket -> bucket < 100 ? 63 : 3));
    assertEquals(100, directory.bucketsOf(63));
    assertEquals(Buckets.COUNT - 100, directory.bucketsOf(3));
    assertEquals(0, directory.bucketsOf(4));
    assertEquals(0, directory.bucketsOf(-1));
    assertEquals(0, directory.bucketsOf(64));
  }

  /** The last id that fits into a byte, the first that does not, and the largest of all. */
  @ParameterizedTest
  @ValueSource(ints = {127, 128, 1_023})
  void nodesMayHaveLargeIds(int largest) {
    Member small = new Member(new NodeId(3), "a", 1);
    Member large = new Member(new NodeId(largest), "b", 2);
    var directory = new BucketMapDirectory(_ -> map(bucket -> bucket < 100 ? largest : 3));
    BucketMap map = directory.mapOf(new View(Epoch.FIRST, List.of(small, large)));
    assertEquals(largest, map.masterOfBucket(99));
    assertEquals(3, map.masterOfBucket(100));
    assertEquals(100, map.bucketsOf(largest));
    assertEquals(Buckets.COUNT - 100, map.bucketsOf(3));
    assertEquals(0, map.bucketsOf(largest - 1));
    assertEquals(0, map.bucketsOf(largest + 1));
    assertEquals(0, map.bucketsOf(-1));
  }

  @Test
  void isNotChangedByTheStrategyAfterwards() {
    int[] proposed = map(_ -> 3);
    var directory = installed(_ -> proposed);
    proposed[17] = 63;
    assertEquals(3, directory.masterOfBucket(17));
  }

  @Test
  void knowsNoMasterBeforeTheFirstMap() {
    var directory = new BucketMapDirectory(_ -> map(_ -> 3));
    var error = assertThrows(IllegalStateException.class, () -> directory.masterOfBucket(0));
    assertTrue(error.getMessage().contains("no bucket map"), error.getMessage());
    assertThrows(IllegalStateException.class, () -> directory.masterOf(1, 1));
    assertEquals(0, directory.bucketsOf(3));
  }

  @Test
  void makingAMapChangesNothingUntilItIsInstalled() {
    var directory = new BucketMapDirectory(view -> map(_ -> view.members().getLast().id().value()));
    directory.install(directory.mapOf(VIEW));
    BucketMap next = directory.mapOf(ALONE);
    assertEquals(3, next.masterOfBucket(5));
    assertEquals(63, directory.masterOfBucket(5));
    assertEquals(Buckets.COUNT, directory.bucketsOf(63));
    directory.install(next);
    assertEquals(3, directory.masterOfBucket(5));
    assertEquals(0, directory.bucketsOf(63));
  }

  @Test
  void refusesMapsThatGiveBucketsToStrangers() {
    for (int stranger : new int[] {4, -1, 64, 67, Integer.MAX_VALUE}) {
      assertRefused(_ -> map(bucket -> bucket == 17 ? stranger : 3), "bucket 17");
    }
  }

  @Test
  void refusesMapsOfAnotherSize() {
    assertRefused(_ -> new int[0], "0 buckets instead of 65536");
    assertRefused(_ -> new int[Buckets.COUNT + 1], "65537 buckets instead of 65536");
  }

  private static BucketMapDirectory installed(HashStrategy strategy) {
    var directory = new BucketMapDirectory(strategy);
    directory.install(directory.mapOf(VIEW));
    return directory;
  }

  private static void assertRefused(HashStrategy strategy, String part) {
    var directory = new BucketMapDirectory(strategy);
    var error = assertThrows(WeftException.class, () -> directory.mapOf(VIEW));
    assertEquals(CoreErrors.INVARIANT_BROKEN, error.code());
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  private static int[] map(IntUnaryOperator master) {
    int[] masters = new int[Buckets.COUNT];
    Arrays.setAll(masters, master);
    return masters;
  }
}
