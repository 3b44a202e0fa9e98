// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What does not fit the field that it is for is refused by name where it is written. */
class FieldBoundsTest {
  private static final Images PLAIN = new Images(ImageCompression.NONE);

  /** One block with ranges as a test wants them; only the counts are real. */
  private record Odd(int blocks, int ranges, int offset, int length, int contentBytes)
      implements RedoRecord {
    static final Odd LEGAL = new Odd(1, 1, 0, 8, 4_064);

    @Override
    public long scn() {
      return 1;
    }

    @Override
    public int file(int index) {
      return 7;
    }

    @Override
    public long number(int index) {
      return index;
    }

    @Override
    public long version(int index) {
      return 2;
    }

    @Override
    public MemorySegment content(int index) {
      return MemorySegment.ofArray(new byte[contentBytes]);
    }

    @Override
    public int ranges(int index) {
      return ranges;
    }

    @Override
    public int rangeOffset(int index, int range) {
      return offset;
    }

    @Override
    public int rangeLength(int index, int range) {
      return length;
    }

    @Override
    public long lastImageLsn(int index) {
      return 1; // newer than the checkpoint at 0: ranges will do
    }
  }

  private record Field(String name, RedoRecord record) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Field> fieldsOfARecord() {
    return Stream.of(
        new Field("number of blocks", new Odd(65_536, 1, 0, 8, 64)),
        new Field("offset of a range", new Odd(1, 1, 65_536, 8, 70_000)),
        new Field("offset of a range", new Odd(1, 1, -1, 8, 64)),
        new Field("length of a range", new Odd(1, 1, 0, 65_536, 70_000)));
  }

  @ParameterizedTest
  @MethodSource("fieldsOfARecord")
  void aRecordThatDoesNotFitIsRefusedWithTheNameOfTheField(Field field) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = arena.allocate(8 << 20, 8);
      WeftException e =
          assertThrows(
              WeftException.class,
              () -> {
                RecordEncoder.length(field.record, 0, PLAIN);
                RecordEncoder.encode(field.record, 0, PLAIN, 0, to, 0);
              });
      assertEquals(RedoErrors.RECORD_TOO_LARGE, e.code());
      assertTrue(e.getMessage().contains("the " + field.name + " of a redo record"), e::getMessage);
    }
  }

  /** The length is asked for before anything is reserved. */
  @Test
  void tooManyBlocksAreRefusedBeforeAnythingTookEffect() {
    assertThrows(
        WeftException.class, () -> RecordEncoder.length(new Odd(65_536, 1, 0, 8, 64), 0, PLAIN));
  }

  @ParameterizedTest
  @ValueSource(ints = {65_535, 65_536, 65_537, 200_000})
  void aBlockWithMoreRangesThanItsFieldTakesIsLoggedAsImage(int ranges) {
    MemoryLogDevice device = new MemoryLogDevice();
    RedoLogCore log = new Logs().open(device);
    Blocks blocks = new Blocks();
    blocks.edit(1).write(1, 0, 8).to(log);
    Blocks.Edit edit = blocks.edit(2);
    for (int i = 0; i < ranges; i++) {
      edit.write(1, i % Blocks.CONTENT_BYTES, 1);
    }
    edit.to(log);
    blocks.edit(3).write(1, 16, 8).to(log);
    log.flush();
    try (SealedLogs dead = new SealedLogs(device)) {
      byte[] content = new byte[Blocks.CONTENT_BYTES];
      RedoIndex redo = dead.refresh(List.of(Logs.LOG));
      assertEquals(3, redo.apply(7, 1, MemorySegment.ofArray(content), 0));
      assertArrayEquals(blocks.block(1).content, content);
    }
  }

  /** Whatever is logged as ranges fits 16 bits in the largest block, too. */
  @Test
  void rangesAreLoggedAsLongAsTheyAreShorterThanTheImage() {
    int content = 65_504;
    int most = content / 5;
    assertTrue(most < 65_536);
    long asRanges = RecordEncoder.length(new Odd(1, most, 0, 1, content), 0, PLAIN);
    long asImage = RecordEncoder.length(new Odd(1, most + 1, 0, 1, content), 0, PLAIN);
    assertTrue(asRanges > asImage, "an image of zeros is short: " + asRanges + ", " + asImage);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1L << 32})
  void theDistanceToWhatIsDurableHas32Bits(long distance) {
    WeftException e = assertThrows(WeftException.class, () -> LogFormat.u32(distance, "distance"));
    assertTrue(e.getMessage().contains("distance of a redo record is " + distance));
  }

  static Stream<Field> fieldsOfAnImage() {
    return Stream.of(
        new Field("length of a range", new Odd(1, 1, 0, 8, 65_536)),
        new Field("length of an image", new Odd(1, 1, 0, 8, 65_536)));
  }

  /** Blocks have at most 65,504 bytes; a longer one would not come back from its redo. */
  @ParameterizedTest
  @MethodSource("fieldsOfAnImage")
  void anImageThatDoesNotFitIsRefused(Field field) {
    boolean compressed = field.name.contains("image");
    byte[] full = new byte[65_536];
    full[full.length - 1] = 1;
    Images images = new Images(compressed ? ImageCompression.LZ4 : ImageCompression.NONE);
    RedoRecord record = OneBlockChange.of(1, 1, 1).content(MemorySegment.ofArray(full)).range(0, 8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = arena.allocate(1 << 20, 8);
      RecordEncoder.length(record, 0, images);
      WeftException e =
          assertThrows(
              WeftException.class, () -> RecordEncoder.encode(record, 0, images, 0, to, 0));
      assertTrue(e.getMessage().contains(field.name), e::getMessage);
    }
  }
}
