// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.weft.spi.redo.LogId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class LogChecksumTest {
  @Test
  void isTheCrcOfRecordAndPlaceAndLog() {
    Random random = new Random(3);
    for (int round = 0; round < 2_000; round++) {
      LogId log = new LogId(random.nextInt(64), random.nextLong() >>> 1);
      LogChecksum checksum = new LogChecksum(log);
      for (int i = 0; i < 3; i++) {
        byte[] bytes = new byte[4 + random.nextInt(300)];
        random.nextBytes(bytes);
        long lsn = random.nextLong() >>> random.nextInt(64);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 4, bytes.length - 4);
        crc.update(
            ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(lsn)
                .putLong(log.incarnation())
                .putLong(log.node())
                .flip());
        assertEquals(
            (int) crc.getValue(), checksum.of(ByteBuffer.wrap(bytes), 4, bytes.length, lsn));
      }
    }
  }

  @Test
  void differsInEveryOtherPlaceAndLog() {
    ByteBuffer bytes = ByteBuffer.allocate(64);
    int here = new LogChecksum(new LogId(1, 1)).of(bytes, 4, 64, 4096);
    assertNotEquals(here, new LogChecksum(new LogId(1, 2)).of(bytes, 4, 64, 4096));
    assertNotEquals(here, new LogChecksum(new LogId(2, 1)).of(bytes, 4, 64, 4096));
    for (long lsn = 4104; lsn < 100_000; lsn += 8) {
      assertNotEquals(here, new LogChecksum(new LogId(1, 1)).of(bytes, 4, 64, lsn));
    }
  }
}
