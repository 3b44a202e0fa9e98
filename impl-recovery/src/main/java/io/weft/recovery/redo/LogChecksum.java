// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The checksum of records: CRC-32C over the record's bytes, followed by its LSN and the log's
 * incarnation and node, 8 bytes each, little-endian. So a record is valid at one place of one log
 * only, and old records in a recycled segment are never valid.
 *
 * <p>For one thread.
 */
final class LogChecksum {
  /*
   * The JDK's CRC-32C is fast on long inputs, but a second call for the 24 bytes after the record
   * costs more than the following, and it cannot start from a given state. CRC is linear: 24 more
   * bytes turn the state s into
   *
   *     advance24(s ^ low half of the LSN)  ^  advance20(high half)  ^  a constant of the log
   *
   * The first term is four table look-ups, the other terms change every 4 GiB.
   */
  private static final int POLYNOMIAL = 0x82F63B78; // reflected

  /** LSN, incarnation and node, 8 bytes each. */
  private static final int SUFFIX_BYTES = 24;

  /** Entries of a look-up table by byte. */
  private static final int BYTE_VALUES = 256;

  private static final int[] STEP = step();
  private static final int[] ADVANCE_0 = advance(0);
  private static final int[] ADVANCE_1 = advance(8);
  private static final int[] ADVANCE_2 = advance(16);
  private static final int[] ADVANCE_3 = advance(24);

  private final CRC32C crc = new CRC32C();
  private final int ofLog;
  private int high;
  private int ofHigh;

  LogChecksum(LogId log) {
    byte[] id = new byte[2 * Long.BYTES];
    ByteBuffer.wrap(id)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(log.incarnation())
        .putLong(log.node());
    int state = 0;
    for (byte b : id) {
      state = (state >>> 8) ^ STEP[(state ^ b) & 0xFF];
    }
    this.ofLog = state;
    this.ofHigh = ofLog;
  }

  /** The checksum of the record whose bytes behind the checksum are {@code from} to {@code to}. */
  int of(ByteBuffer bytes, int from, int to, long lsn) {
    crc.reset();
    crc.update(bytes.limit(to).position(from));
    int state = ~(int) crc.getValue() ^ (int) lsn;
    return ~(ADVANCE_0[state & 0xFF]
        ^ ADVANCE_1[state >>> 8 & 0xFF]
        ^ ADVANCE_2[state >>> 16 & 0xFF]
        ^ ADVANCE_3[state >>> 24]
        ^ ofRest((int) (lsn >>> Integer.SIZE)));
  }

  private int ofRest(int highLsn) {
    if (highLsn != high) {
      high = highLsn;
      ofHigh = zeros(highLsn, SUFFIX_BYTES - Integer.BYTES) ^ ofLog;
    }
    return ofHigh;
  }

  private static int zeros(int state, int count) {
    int s = state;
    for (int i = 0; i < count; i++) {
      s = (s >>> 8) ^ STEP[s & 0xFF];
    }
    return s;
  }

  private static int[] step() {
    int[] table = new int[BYTE_VALUES];
    for (int value = 0; value < BYTE_VALUES; value++) {
      int s = value;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        s = (s & 1) == 0 ? s >>> 1 : s >>> 1 ^ POLYNOMIAL;
      }
      table[value] = s;
    }
    return table;
  }

  private static int[] advance(int shift) {
    int[] table = new int[BYTE_VALUES];
    for (int value = 0; value < BYTE_VALUES; value++) {
      table[value] = zeros(value << shift, SUFFIX_BYTES);
    }
    return table;
  }
}
