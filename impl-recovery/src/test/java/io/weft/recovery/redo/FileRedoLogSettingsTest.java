// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

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

/** Limits of the redo log that depend on other settings. */
final class FileRedoLogSettingsTest {
  private static final int KIB = 1 << 10;

  private final List<String> cautions = new ArrayList<>();

  private DependentSettings.Others others(int blockKib) {
    return new DependentSettings.Others() {
      @Override
      public Optional<ByteSize> size(String key) {
        assertEquals("weft.block-size", key);
        return Optional.of(new ByteSize((long) blockKib * KIB));
      }

      @Override
      public Optional<Duration> duration(String key) {
        throw new AssertionError(key);
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
        .check(others(blockKib));
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
}
