// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.store;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header is the drawing of {@link BlockLayout}, and nothing damaged passes. */
final class BlockHeaderTest {
  private static final int FILE = 0xF1020304;
  private static final long NUMBER = 0x0102030405060708L;

  private final MemorySegment block = Arena.ofAuto().allocate(BlockLayout.MIN_BYTES);

  @ParameterizedTest
  @ValueSource(ints = {4_096, 8_192, 16_384, 32_768, 65_536})
  void verifiesWhatItEncoded(int bytes) {
    MemorySegment physical = Arena.ofAuto().allocate(bytes);
    physical.asSlice(BlockLayout.HEADER_BYTES).fill((byte) 7);
    BlockHeader.encode(physical, FILE, NUMBER, 42);
    assertEquals(42, BlockHeader.verify(physical, FILE, NUMBER));
    assertEquals(7, physical.get(JAVA_BYTE, BlockLayout.HEADER_BYTES));
    assertEquals(7, physical.get(JAVA_BYTE, bytes - 1));
  }

  @Test
  void putsEveryFieldWhereTheLayoutDrawsIt() {
    BlockHeader.encode(block, FILE, NUMBER, 0x1122);
    byte[] header = block.asSlice(0, BlockLayout.HEADER_BYTES).toArray(JAVA_BYTE);
    String hex = HexFormat.of().formatHex(header);
    assertEquals("57465442", hex.substring(0, 8));
    assertEquals(
        "2211000000000000" + "0807060504030201" + "040302f1" + "01000000", hex.substring(16));
    CRC32C crc = new CRC32C();
    crc.update(block.asSlice(8).toArray(JAVA_BYTE));
    assertEquals((int) crc.getValue(), block.get(JAVA_INT, 4));
  }

  @Test
  void zeroIsABlockNeverWritten() {
    assertEquals(0, BlockHeader.verify(block, FILE, NUMBER));
  }

  @Test
  void findsEveryFlippedBit() {
    BlockHeader.encode(block, FILE, NUMBER, 1);
    for (long bit = 0; bit < block.byteSize() * 8; bit++) {
      flip(bit);
      long found = BlockHeader.verify(block, FILE, NUMBER);
      assertEquals(bit < 32 ? BlockHeader.BAD_MAGIC : BlockHeader.BAD_CHECKSUM, found);
      flip(bit);
    }
    assertEquals(1, BlockHeader.verify(block, FILE, NUMBER));
  }

  @Test
  void findsAHoleWhereTheHeaderWas() {
    BlockHeader.encode(block, FILE, NUMBER, 1);
    block.set(JAVA_BYTE, 4_095, (byte) 1);
    block.asSlice(0, 512).fill((byte) 0);
    assertProblem(BlockHeader.BAD_MAGIC, FILE, NUMBER, "starts with 00000000");
  }

  @Test
  void findsABlockInAnotherPlace() {
    BlockHeader.encode(block, 3, 17, 1);
    assertProblem(BlockHeader.WRONG_BLOCK, 3, 18, "it is block 3:17");
    assertProblem(BlockHeader.WRONG_BLOCK, 4, 17, "it is block 3:17");
  }

  @Test
  void findsAnotherFormatAndAnImpossibleVersion() {
    BlockHeader.encode(block, 3, 17, 1);
    block.set(JAVA_BYTE, 28, (byte) 2);
    reseal();
    assertProblem(BlockHeader.BAD_FORMAT, 3, 17, "format is 2 instead of 1");
    BlockHeader.encode(block, 3, 17, 1);
    block.set(JAVA_LONG, 8, -5);
    reseal();
    assertProblem(BlockHeader.BAD_VERSION, 3, 17, "version is -5");
  }

  @Test
  void namesBothChecksums() {
    BlockHeader.encode(block, 3, 17, 1);
    block.set(JAVA_INT, 4, 0x1234);
    assertProblem(BlockHeader.BAD_CHECKSUM, 3, 17, "CRC-32C 00001234");
  }

  private void assertProblem(long problem, int file, long number, String part) {
    assertEquals(problem, BlockHeader.verify(block, file, number));
    String text = BlockHeader.describe(problem, block);
    assertTrue(text.contains(part), text);
  }

  private void flip(long bit) {
    long at = bit / 8;
    block.set(JAVA_BYTE, at, (byte) (block.get(JAVA_BYTE, at) ^ 1 << (bit % 8)));
  }

  private void reseal() {
    CRC32C crc = new CRC32C();
    crc.update(block.asSlice(8).asByteBuffer());
    block.set(JAVA_INT, 4, (int) crc.getValue());
  }
}
