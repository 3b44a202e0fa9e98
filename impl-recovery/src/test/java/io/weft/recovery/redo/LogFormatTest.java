// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.spi.redo.LogId;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The worked example of docs/formats/redo-log.md, byte by byte. */
class LogFormatTest {
  private static final LogId LOG = new LogId(1, 42);
  private static final String EXAMPLE =
      """
      03 37 87 d4 40 00 00 00 00 10 00 00 00 00 00 00
      09 00 00 00 00 00 00 00 01 00 01 00
      07 00 00 00 03 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 01 00 00 01
      80 00 08 00 01 02 03 04 05 06 07 08
      """;

  @Test
  void theExampleIsWhatIsWritten() {
    MemoryLogDevice device = new MemoryLogDevice();
    RedoLogCore log = new Logs().open(device, LOG);
    byte[] content = new byte[8_160];
    for (int i = 0; i < 8; i++) {
      content[128 + i] = (byte) (i + 1);
    }
    log.append(
        OneBlockChange.of(7, 3, 5)
            .scn(9)
            .content(MemorySegment.ofArray(content))
            .range(128, 8)
            .withoutImage());
    log.flush();
    byte[] record = Arrays.copyOfRange(device.bytes(LOG, 0), 4096, 4096 + 64);
    assertEquals(
        EXAMPLE.strip().replaceAll("\\s+", " "), HexFormat.ofDelimiter(" ").formatHex(record));
  }
}
