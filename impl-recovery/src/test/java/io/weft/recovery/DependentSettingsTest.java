// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits of redo log and membership that depend on other settings. */
final class DependentSettingsTest {
  private static final int KIB = 1 << 10;

  private final List<String> cautions = new ArrayList<>();

  private DependentSettings.Others others(int blockKib, Duration formTimeout) {
    return new DependentSettings.Others() {
      @Override
      public Optional<ByteSize> size(String key) {
        assertEquals("weft.block-size", key);
        return Optional.of(new ByteSize((long) blockKib * KIB));
      }

      @Override
      public Optional<Duration> duration(String key) {
        assertEquals("weft.form-timeout", key);
        return Optional.of(formTimeout);
      }

      @Override
      public void caution(String message) {
        cautions.add(message);
      }
    };
  }

  private void redo(int blockKib, int segmentKib, int bufferKib) {
    new FileRedoLogSettings(
            new ByteSize((long) segmentKib * KIB),
            new ByteSize((long) bufferKib * KIB),
            Duration.ofMillis(10),
            0,
            Duration.ZERO,
            Duration.ZERO,
            ImageCompression.NONE)
        .check(others(blockKib, Duration.ZERO));
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 1024", "32, 1024, 64", "64, 1024, 128"})
  void aFullBlockThatCouldNeverBeChangedAgainIsRefusedWithBothKeys(
      int block, int segment, int buffer) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> redo(block, segment, buffer));
    assertTrue(e.getMessage().startsWith("weft.redo-log.file.segment = "), e.getMessage());
    assertTrue(e.getMessage().contains("weft.redo-log.file.buffer = "), e.getMessage());
    assertTrue(e.getMessage().contains("weft.block-size = " + block + " KiB"), e.getMessage());
  }

  @Test
  void roomForOneBlockAndNotForAllLeasesIsACaution() {
    redo(64, 128, 256);
    assertTrue(cautions.getFirst().contains("at least 8 MiB and the buffer at least 16 MiB"));
  }

  @Test
  void theDefaultsFitTheLargestBlocks() {
    redo(64, 64 * KIB, 16 * KIB);
    assertEquals(List.of(), cautions);
  }

  private void membership(Duration lease, Duration formWait, Duration formTimeout) {
    new MembershipSettings(
            lease,
            5,
            Duration.ofMillis(10),
            formWait,
            true,
            false,
            Duration.ofSeconds(10),
            new ByteSize(1 << 20))
        .check(others(8, formTimeout));
  }

  @Test
  void aNodeMustNotGiveUpBeforeItMayForm() {
    Duration time = Duration.ofSeconds(5);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> membership(Duration.ofSeconds(1), time, time));
    assertTrue(e.getMessage().contains("weft.form-timeout = 5000 ms"), e.getMessage());
  }

  @Test
  void aLeaseThatANewNodeCannotWaitForIsACaution() {
    membership(Duration.ofMillis(58_000), Duration.ZERO, Duration.ofSeconds(60));
    assertTrue(cautions.getFirst().startsWith("weft.membership.lease = 58000 ms"));
    cautions.clear();
    membership(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(60));
    assertEquals(List.of(), cautions);
  }
}
