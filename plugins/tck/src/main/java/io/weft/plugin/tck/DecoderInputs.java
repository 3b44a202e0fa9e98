// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes inputs for decoders: valid ones, with some mutations of bits, fields and lengths. The same
 * random numbers give the same input. For one thread.
 */
final class DecoderInputs {
  private static final int MOST_MUTATIONS = 5;
  private static final int MOST_INSERTED = 40;

  /** Values at the edges of fields of all widths. */
  private static final long[] EXTREMES = {
    0,
    1,
    2,
    -1,
    -2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    1_023,
    1_024,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFFL,
    0x8000_0000L,
    0xFFFF_FFFFL,
    0x1_0000_0000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final List<byte[]> valid;

  DecoderInputs(List<byte[]> valid) {
    this.valid = valid;
  }

  /** The next input. */
  byte[] next(SplittableRandom random) {
    byte[] bytes = any(random).clone();
    int mutations = 1 + random.nextInt(MOST_MUTATIONS);
    for (int i = 0; i < mutations; i++) {
      bytes = bytes.length == 0 ? random(random) : mutated(bytes, random);
    }
    return bytes;
  }

  private byte[] any(SplittableRandom random) {
    return valid.get(random.nextInt(valid.size()));
  }

  private byte[] mutated(byte[] bytes, SplittableRandom random) {
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(10)) {
      case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes[at] = (byte) random.nextInt();
      case 3 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1);
      case 4, 5 -> setField(bytes, at, random);
      case 6 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 7 -> {
        return splice(bytes, at, random(random), at);
      }
      case 8 -> {
        return splice(bytes, at, new byte[0], at + random.nextInt(bytes.length - at + 1));
      }
      default -> {
        byte[] other = any(random);
        int from = random.nextInt(other.length + 1);
        return splice(bytes, at, Arrays.copyOfRange(other, from, other.length), bytes.length);
      }
    }
    return bytes;
  }

  /** Sets a field of 2, 4 or 8 bytes, in either byte order, to an extreme or a length. */
  private static void setField(byte[] bytes, int at, SplittableRandom random) {
    long value =
        random.nextInt(4) == 0
            ? bytes.length - at + random.nextInt(-16, 17)
            : EXTREMES[random.nextInt(EXTREMES.length)];
    ByteBuffer out = ByteBuffer.wrap(bytes).position(at);
    out.order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int width = 1 << random.nextInt(4);
    switch (Math.min(width, Integer.highestOneBit(out.remaining()))) {
      case 1 -> out.put((byte) value);
      case 2 -> out.putShort((short) value);
      case 4 -> out.putInt((int) value);
      default -> out.putLong(value);
    }
  }

  /** Replaces the bytes from {@code from} to {@code to}. */
  private static byte[] splice(byte[] bytes, int from, byte[] middle, int to) {
    return ByteBuffer.allocate(from + middle.length + bytes.length - to)
        .put(bytes, 0, from)
        .put(middle)
        .put(bytes, to, bytes.length - to)
        .array();
  }

  private static byte[] random(SplittableRandom random) {
    byte[] bytes = new byte[1 + random.nextInt(MOST_INSERTED)];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
