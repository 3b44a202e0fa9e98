// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of images kept beside the blocks; what a store promises of them is in the contract. */
final class SavedImagesTest {
  private static final int BYTES = Stores.BLOCK_BYTES;

  private final MemorySegment image = Arena.ofAuto().allocate(BYTES, Long.BYTES);

  @TempDir Path root;

  private Path directory;
  private SavedImages saved;

  @BeforeEach
  void make() throws IOException {
    directory = Files.createDirectory(root.resolve("blocks"));
    saved = new SavedImages(OpenedDirectory.of(directory), new BlockLayout(BYTES));
  }

  private Path keep(long version) {
    image.fill((byte) 0);
    image.set(ValueLayout.JAVA_LONG, BlockLayout.HEADER_BYTES, version);
    return saved.keep(7, 3, version, image);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anImageIsAFileOfItsOwnAndNothingElseIsLeft() throws IOException {
    assertEquals(directory.resolve("weft-past-7-3-version-5"), keep(5));
    keep(5);
    assertEquals(List.of("weft-past-7-3-version-5"), names());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weft-past-7-3-version-",
        "weft-past-7-3-version-0",
        "weft-past-7-3-version--5",
        "weft-past-7-3-version-05",
        "weft-past-07-3-version-5",
        "weft-past--0-3-version-5",
        "weft-past-7--3-version-5",
        "weft-past-7-3-version-5.copy.17.0",
        "weft-past-7-3-version-9223372036854775808",
        "weft-past-7-9999999999999999999-version-5",
        "weft-past-2147483648-3-version-5",
        "weft-past-7-3",
        "a-weft-past-7-3-version-5",
        "blocks-00000007.0"
      })
  void aFileOfAnotherNameIsNoImage(String name) throws IOException {
    Files.write(directory.resolve(name), new byte[BYTES]);
    assertEquals(List.of(), saved.all());
    keep(6);
    saved.drop(7, 3, Long.MAX_VALUE);
    assertEquals(List.of(name), names());
  }

  @Test
  void anImageWithMoreOrFewerBytesOrOfAnotherBlockIsNotWhole() throws IOException {
    Path file = keep(5);
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 31, BYTES - 1, BYTES + 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertFalse(saved.read(7, 3, 5, image), length + " bytes");
      assertEquals(List.of(new BlockStore.SavedImage(new BlockId(7, 3), 5)), saved.all());
    }
    Files.write(file, new byte[BYTES]);
    assertFalse(saved.read(7, 3, 5, image), "zeros");
    Files.write(file, whole);
    assertTrue(saved.read(7, 3, 5, image));
    Files.copy(file, directory.resolve("weft-past-7-4-version-5"));
    Files.copy(file, directory.resolve("weft-past-7-3-version-6"));
    assertFalse(saved.read(7, 4, 5, image), "another block");
    assertFalse(saved.read(7, 3, 6, image), "another version");
  }

  /** A process was killed while it wrote: its draft is no image, and in nobody's way. */
  @Test
  void aDraftThatWasLeftBehindIsInNobodysWay() throws IOException {
    String draft = "weft-past-7-3-version-5.copy." + ProcessHandle.current().pid() + ".0";
    Files.write(directory.resolve(draft), new byte[31]);
    keep(5);
    assertTrue(saved.read(7, 3, 5, image));
    assertEquals(List.of("weft-past-7-3-version-5", draft), names());
  }

  @Test
  void anImageThatCannotBeKeptLeavesNothing() throws IOException {
    Path taken = Files.createDirectories(directory.resolve("weft-past-7-3-version-5/full"));
    WeftException error = assertThrows(WeftException.class, () -> keep(5));
    assertEquals(StoreErrors.WRITE_FAILED, error.code());
    assertTrue(error.getMessage().contains("cannot keep block 7:3"), error.getMessage());
    assertEquals(List.of(taken.getParent().getFileName().toString()), names());
  }

  @Test
  void aDirectoryThatCannotBeListedIsAnErrorAndNotEmpty() throws IOException {
    keep(5);
    Files.move(directory, root.resolve("elsewhere"));
    for (int time = 0; time < 2; time++) {
      WeftException error = assertThrows(WeftException.class, () -> saved.all());
      assertEquals(StoreErrors.NOT_ACCESSIBLE, error.code());
      assertThrows(WeftException.class, () -> saved.drop(7, 3, 5));
      Files.deleteIfExists(directory);
      Files.createFile(directory); // the second time it is there, and no directory
    }
    assertThrows(WeftException.class, () -> saved.read(7, 3, 5, image));
  }

  /** A file that cannot be read for a moment is not damaged: it may be whole the next time. */
  @Test
  void anImageThatCannotBeReadIsAnErrorAndNotDamaged() throws IOException {
    Path file = keep(5);
    Files.delete(file);
    Files.createSymbolicLink(file, file); // cannot be opened
    WeftException error = assertThrows(WeftException.class, () -> saved.read(7, 3, 5, image));
    assertEquals(StoreErrors.READ_FAILED, error.code());
    assertTrue(error.getMessage().contains("cannot read " + file), error.getMessage());
  }

  /** Its first writer was killed in between, or a second one finds other bytes: both stay. */
  @Test
  void bytesThatAreGivenUpAreKeptBesideAnEarlierCopy() throws IOException {
    Stores.open(directory, 0).close();
    try (MendedBlocks blocks = MendedBlocks.open(directory)) {
      for (byte fill : new byte[] {1, 2, 1, 2}) {
        image.fill(fill);
        Path kept = blocks.keep(7, 3, 5, image);
        assertEquals(-1, image.mismatch(MemorySegment.ofArray(Files.readAllBytes(kept))));
      }
    }
    assertEquals(
        List.of("weft-forgotten-7-3-before-5", "weft-forgotten-7-3-before-5-2"),
        names().stream().filter(name -> name.startsWith("weft-forgotten")).toList());
  }
}
