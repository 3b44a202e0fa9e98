// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class FaultyFilesTest {
  private static final byte[] OLD = {1, 2, 3};
  private static final byte[] NEW = {4, 5, 6};

  @TempDir private Path directory;

  private FaultyMachine machine;
  private Path faulty;

  @BeforeEach
  void makeAMachine() {
    machine = new FaultyMachine(new FaultsSettings("", "", Duration.ZERO, 7));
    faulty = machine.files().getPath(directory.toString());
  }

  @Test
  @Tag("MF-1")
  void behavesAsTheFilesBelowAsLongAsNothingIsInjected() throws IOException {
    Path below = faulty.resolve("d");
    Files.createDirectories(below);
    Path file = Files.write(below.resolve("a"), OLD);
    Files.createLink(below.resolve("b"), file);
    Files.move(file, below.resolve("c"), StandardCopyOption.ATOMIC_MOVE);
    Files.write(below.resolve("c"), NEW, StandardOpenOption.WRITE);

    assertArrayEquals(NEW, Files.readAllBytes(directory.resolve("d").resolve("b")));
    assertEquals(List.of("b", "c"), names(below));
    Files.delete(below.resolve("b"));
    assertEquals(List.of("c"), names(directory.resolve("d")));
  }

  @Test
  @Tag("MF-3")
  void withoutSpaceNothingIsWrittenAndNoNameMade() throws IOException {
    Path file = Files.write(faulty.resolve("a"), OLD);
    machine.inject("space none");

    full(() -> Files.write(file, NEW, StandardOpenOption.WRITE));
    full(() -> Files.write(faulty.resolve("b"), NEW));
    full(() -> Files.createDirectory(faulty.resolve("d")));
    full(() -> Files.createLink(faulty.resolve("l"), file));
    assertEquals(List.of("a"), names(directory));

    machine.inject("space enough");
    Files.write(file, NEW, StandardOpenOption.WRITE);
    assertArrayEquals(NEW, Files.readAllBytes(directory.resolve("a")));
  }

  @Test
  void withoutSpaceToGrowWhatIsThereCanBeOverwritten() throws IOException {
    Path file = Files.write(faulty.resolve("a"), OLD);
    machine.inject("space no-growth");

    Files.write(file, NEW, StandardOpenOption.WRITE);
    assertArrayEquals(NEW, Files.readAllBytes(directory.resolve("a")));
    full(() -> Files.write(file, new byte[4], StandardOpenOption.WRITE));
    assertEquals(3, Files.size(directory.resolve("a")));
  }

  @Test
  @Tag("MF-3")
  void everyKindOfCallFailsWhenItIsTold() throws IOException {
    Path file = Files.write(faulty.resolve("a"), OLD);

    machine.inject("error read 0 100");
    broken(() -> Files.readAllBytes(file));
    machine.inject("error write 0 100");
    broken(() -> Files.write(file, NEW, StandardOpenOption.WRITE));
    machine.inject("error look 0 100");
    broken(() -> names(faulty));
    broken(() -> Files.size(file));
    assertFalse(Files.exists(file), "as the JDK answers when nobody can tell");
    machine.inject("error name 0 100");
    broken(() -> Files.delete(file));
    broken(() -> Files.move(file, faulty.resolve("b")));
    broken(() -> Files.createLink(faulty.resolve("b"), file));
    broken(() -> Files.createFile(faulty.resolve("b")));
    machine.inject("error force 0 100");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      broken(() -> channel.force(true));
      machine.inject("error none");
      channel.force(true);
    }
    assertEquals(List.of("a"), names(faulty));
  }

  @Test
  void onlySoManyCallsFail() throws IOException {
    Path file = Files.write(faulty.resolve("a"), OLD);
    machine.inject("error read 2 100");

    broken(() -> Files.readAllBytes(file));
    broken(() -> Files.readAllBytes(file));
    assertArrayEquals(OLD, Files.readAllBytes(file));
  }

  @Test
  void aWriteThatFailsMayHaveBeenDoneInPart() throws IOException {
    boolean untouched = false;
    boolean part = false;
    machine.inject("error write 0 100");
    for (int i = 0; i < 50; i++) {
      Path real = Files.write(directory.resolve("a"), new byte[100]);
      ByteBuffer ones = ByteBuffer.wrap(("1".repeat(100)).getBytes(StandardCharsets.US_ASCII));
      try (FileChannel channel = FileChannel.open(faulty.resolve("a"), StandardOpenOption.WRITE)) {
        broken(() -> channel.write(ones, 0));
      }
      byte[] bytes = Files.readAllBytes(real);
      assertEquals(100, bytes.length);
      untouched |= bytes[0] == 0;
      part |= bytes[0] == '1' && bytes[99] == 0;
    }
    assertTrue(untouched && part);
  }

  @Test
  void wordsThatItDoesNotKnowAreRefusedWithThoseThatItDoes() {
    for (String words : List.of("flood", "space", "space little", "error speak 1 1", "wall x")) {
      var refused = assertThrows(IllegalArgumentException.class, () -> machine.inject(words));

      assertTrue(
          refused.getMessage().contains("known are") || refused.getMessage().contains("there are"),
          refused::getMessage);
    }
  }

  private static List<String> names(Path path) throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void full(Executable call) {
    IOException failed = assertThrows(IOException.class, call);
    assertTrue(failed.getMessage().contains("No space left on device"), failed::toString);
  }

  private static void broken(Executable call) {
    IOException failed = assertThrows(IOException.class, call);
    assertTrue(failed.getMessage().contains("Input/output error"), failed::toString);
  }
}
