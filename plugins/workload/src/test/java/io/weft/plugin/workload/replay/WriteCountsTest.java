// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.WeftException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WriteCountsTest {
  private static final long[] BLOCKS = {0, 1, 127, 128, 4_099_723, 1L << 40};
  private static final int[] COUNTS = {1, 0, 128, 3, 70_000, 0};

  @Test
  void survivesTheWire() {
    WriteCounts sent = WriteCounts.of(BLOCKS, COUNTS);
    WriteCounts received = WriteCounts.decoded(sent.encoded());

    for (int i = 0; i < BLOCKS.length; i++) {
      assertEquals(COUNTS[i], received.of(BLOCKS[i]));
    }
    assertEquals(0, received.of(5));
    assertEquals(70_132, received.total());
  }

  @Test
  void nothingIsNothing() {
    assertEquals(0, WriteCounts.of(new long[0], new int[0]).encoded().length);
    assertEquals(0, WriteCounts.decoded(new byte[0]).total());
  }

  @Test
  void refusesWhatEndsWithinAPair() {
    byte[] encoded = WriteCounts.of(BLOCKS, COUNTS).encoded();
    byte[] cut = Arrays.copyOf(encoded, encoded.length - 1);

    assertThrows(WeftException.class, () -> WriteCounts.decoded(cut));
    assertThrows(WeftException.class, () -> WriteCounts.decoded(new byte[] {5}));
  }
}
