// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImagesTest {
  private static final int BYTES = 8160;

  private final Images images = new Images(ImageCompression.LZ4);

  @Test
  void leavesOutTheZerosAtTheEnd() {
    MemorySegment content = MemorySegment.ofArray(new byte[BYTES]);
    content.set(ValueLayout.JAVA_BYTE, 17, (byte) 1);
    Images plain = new Images(ImageCompression.NONE);
    assertEquals(24, plain.measure(0, content));
    assertFalse(plain.isCompressed(0));
  }

  @Test
  void compressesTheImagesOfARecordTogether() {
    MemorySegment[] contents = new MemorySegment[9];
    int[] lengths = new int[contents.length];
    for (int round = 0; round < 2; round++) { // the second: the place was taken by somebody else
      for (int i = 0; i < contents.length; i++) {
        contents[i] = text(i);
        lengths[i] = images.measure(i, contents[i]);
        assertTrue(lengths[i] < BYTES / 4, "" + lengths[i]);
      }
    }
    for (int i = 0; i < contents.length; i++) {
      assertTrue(images.isCompressed(i));
      MemorySegment to = MemorySegment.ofArray(new byte[BYTES]);
      assertEquals(LogFormat.RANGE_HEADER_BYTES + lengths[i], images.put(i, to, 0));
      assertEquals(BYTES, to.get(LogFormat.U16, 0));
      assertEquals(lengths[i], to.get(LogFormat.U16, 2));
      assertArrayEquals(bytes(contents[i]), unpack(to, lengths[i]));
    }
  }

  @Test
  void leavesAsItIsWhatDoesNotGetSmaller() {
    byte[] noise = new byte[BYTES];
    new Random(5).nextBytes(noise);
    noise[BYTES - 1] = 1;
    assertEquals(BYTES, images.measure(0, MemorySegment.ofArray(noise)));
    assertFalse(images.isCompressed(0));
    assertTrue(images.measure(1, text(1)) < BYTES);
    assertTrue(images.isCompressed(1));
  }

  @Test
  void tellsRubbishFromAnImage() {
    int length = images.measure(0, text(3));
    MemorySegment range = MemorySegment.ofArray(new byte[BYTES]);
    images.put(0, range, 0);
    MemorySegment packed = range.asSlice(LogFormat.RANGE_HEADER_BYTES, length);
    MemorySegment to = MemorySegment.ofArray(new byte[BYTES]);
    assertFalse(Images.unpack(packed, to, BYTES - 1));
    assertFalse(Images.unpack(packed.asSlice(1), to, BYTES));
    assertFalse(Images.unpack(packed.asSlice(0, length / 2), to, BYTES));
    assertFalse(Images.unpack(packed.asSlice(0, 0), to, BYTES));
    assertTrue(Images.unpack(packed, to, BYTES));
  }

  private static byte[] unpack(MemorySegment range, int length) {
    MemorySegment to = MemorySegment.ofArray(new byte[BYTES]);
    assertTrue(Images.unpack(range.asSlice(LogFormat.RANGE_HEADER_BYTES, length), to, BYTES));
    return bytes(to);
  }

  private static byte[] bytes(MemorySegment memory) {
    return memory.toArray(ValueLayout.JAVA_BYTE);
  }

  /** Content that repeats itself, as rows of a table do. */
  private static MemorySegment text(int seed) {
    byte[] content = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      content[i] = (byte) (i % 64 == 0 ? i / 64 + seed : 'a' + i % 64);
    }
    return MemorySegment.ofArray(content);
  }
}
