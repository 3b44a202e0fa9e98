// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are written as a whole. What is forced when is shown by the tests of the plugins. */
final class StableFileTest {
  private static final byte[] FIRST = {1, 2, 3};

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("file");
  }

  private void publish(byte... content) throws IOException {
    StableFile.publish(file(), "draft-", ByteBuffer.wrap(content));
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.count();
    }
  }

  @Test
  void theFirstOneStaysAndNoDraftIsLeft() throws IOException {
    assertEquals(Optional.empty(), StableFile.read(file()));
    publish(FIRST);
    publish((byte) 9);
    assertArrayEquals(FIRST, StableFile.read(file()).orElseThrow());
    assertEquals(1, files());
  }

  @Test
  void aReplacementTakesThePlaceOfTheWholeFile() throws IOException {
    publish(FIRST);
    StableFile.replace(file(), "draft-", ByteBuffer.wrap(new byte[] {9}));
    assertArrayEquals(new byte[] {9}, StableFile.read(file()).orElseThrow());
    Files.delete(file());
    Files.createDirectory(file());
    Files.createFile(file().resolve("child"));
    ByteBuffer next = ByteBuffer.wrap(FIRST);
    assertThrows(IOException.class, () -> StableFile.replace(file(), "draft-", next));
    assertEquals(1, files(), "no draft is left");
  }

  /** It may be the very file that another start has just given its name. */
  @Test
  void aDraftThatIsThereIsNotWrittenAgain() throws IOException {
    Path draft = directory.resolve("draft-0");
    Files.write(draft, FIRST);
    publish((byte) 9);
    assertArrayEquals(FIRST, Files.readAllBytes(draft));
    assertArrayEquals(new byte[] {9}, StableFile.read(file()).orElseThrow());
    assertEquals(2, files());
  }

  @Test
  void tooManyDraftsAreNamed() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      Files.createFile(directory.resolve("draft-" + i));
    }
    IOException e = assertThrows(IOException.class, () -> publish(FIRST));
    assertTrue(e.getMessage().contains(directory + " has 1000 files draft-*"), e::getMessage);
  }

  @Test
  void theFirstIdentityStays() throws IOException {
    Path made = directory.resolve("a").resolve("b");
    UUID first = new UUID(1, 2);
    assertEquals(Optional.empty(), IdentityFile.read(made));
    IdentityFile.create(made, first);
    IdentityFile.create(made, new UUID(3, 4));
    assertEquals(Optional.of(first), IdentityFile.read(made));
    assertEquals(
        "weft-storage-1 " + first + "\n", Files.readString(made.resolve(IdentityFile.FILE_NAME)));
  }

  @Test
  void aDamagedIdentityIsToldFromThatOfALaterVersion() throws IOException {
    Path file = directory.resolve(IdentityFile.FILE_NAME);
    Files.writeString(file, "weft-storage-1 nothing\n");
    IOException damaged = assertThrows(IOException.class, () -> IdentityFile.read(directory));
    assertTrue(damaged.getMessage().contains(file + " is damaged"), damaged::getMessage);
    Files.writeString(file, "weft-storage-2 something\n");
    IOException later = assertThrows(IOException.class, () -> IdentityFile.read(directory));
    assertTrue(later.getMessage().contains("it is intact"), later::getMessage);
  }
}
