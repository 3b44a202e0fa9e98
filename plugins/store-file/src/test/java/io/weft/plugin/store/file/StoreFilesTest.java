// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.WatchedFiles;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.storage.StableFile;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reaches the file system, in which order, and what is left when that is full or broken. */
final class StoreFilesTest {
  private static final BlockLayout LAYOUT = new BlockLayout(Stores.BLOCK_BYTES);
  private static final NodeId SELF = new NodeId(2);
  private static final String BLOCKS = "blocks-00000005.0";

  @TempDir Path directory;
  private WatchedFiles files;
  private BlockFiles blocks;

  @BeforeEach
  void open() {
    files = new WatchedFiles(directory);
    blocks = new BlockFiles(OpenedDirectory.of(files.root()), LAYOUT, true);
  }

  private static MemorySegment block(int value) {
    MemorySegment block = Arena.ofAuto().allocate(Stores.BLOCK_BYTES, Stores.BLOCK_BYTES);
    block.asSlice(BlockLayout.HEADER_BYTES).fill((byte) value);
    return block;
  }

  private int read(long number) {
    MemorySegment into = block(0);
    blocks.read(5, number, into);
    return into.get(ValueLayout.JAVA_BYTE, BlockLayout.HEADER_BYTES);
  }

  /** It cannot be opened, and another node has one of that name by now. */
  @Test
  void theDraftOfAnotherNodeIsNotDeleted() throws IOException {
    Path draft = directory.resolve("draft-0");
    files.before(
        () -> {
          try {
            Files.write(draft, new byte[] {7});
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    files.breakWhere("create draft-0"::equals);
    Path file = files.root().resolve("file");
    ByteBuffer content = ByteBuffer.wrap(new byte[] {1});
    assertThrows(IOException.class, () -> StableFile.replace(file, "draft-", content));
    assertArrayEquals(new byte[] {7}, Files.readAllBytes(draft));
  }

  /** What is wrong is that there is no space, whatever becomes of the draft. */
  @Test
  void aDraftThatCannotBeDeletedDoesNotHideWhyItWasMadeInVain() {
    Path file = files.root().resolve("file");
    ByteBuffer content = ByteBuffer.wrap(new byte[100]);
    files.limitSpace(10);
    files.breakWhere("delete draft-0"::equals);
    IOException error =
        assertThrows(IOException.class, () -> StableFile.publish(file, "draft-", content));
    assertTrue(NoSpace.isReasonOf(error), () -> "" + error);
    assertEquals(1, error.getSuppressed().length);
  }

  // ---- order

  @Test
  @Tag("BS-8")
  void aForceForcesEachFileThatWasWrittenAndTheNamesOfNewOnes() {
    blocks.write(5, 0, 1, block(1));
    blocks.write(6, 0, 1, block(1));
    files.forget();
    blocks.force();
    List<String> done = files.operations();
    assertEquals(3, done.size(), () -> "" + done);
    assertTrue(done.contains("force " + BLOCKS), () -> "" + done);
    assertTrue(done.contains("force blocks-00000006.0"), () -> "" + done);
    assertEquals("force .", done.getLast());
  }

  @Test
  @Tag("BS-8")
  void aForceOfBlocksThatFailsIsNeverTakenForDone() {
    blocks.write(5, 0, 1, block(1));
    files.breakWhere(("force " + BLOCKS)::equals);
    assertEquals(StoreErrors.WRITE_FAILED, assertThrows(WeftException.class, blocks::force).code());
    files.breakWhere(_ -> false);
    assertThrows(WeftException.class, blocks::force, "what it lost is unknown");
  }

  @Test
  void aForceOfNamesThatFailsIsDoneAgain() {
    blocks.write(5, 0, 1, block(1));
    files.breakWhere("force ."::equals);
    assertThrows(WeftException.class, blocks::force);
    files.breakWhere(_ -> false);
    files.forget();
    blocks.force();
    assertTrue(files.operations().contains("force ."));
  }

  @Test
  void theSuperblockIsForcedBeforeItHasItsName() {
    new Superblock("test", LAYOUT, new UUID(1, 2)).create(files.root(), SELF);
    List<String> done = files.operations();
    String draft = done.getFirst().substring("create ".length());
    assertEquals(
        List.of(
            "create " + draft,
            "write " + draft,
            "force " + draft,
            "link " + draft + " weft-superblock",
            "force .",
            "delete " + draft),
        done);
  }

  /** The draft of a process of the same number elsewhere, which has just given it its name. */
  @Test
  void aDraftThatIsThereIsNotWrittenAgain() throws IOException {
    new Superblock("test", LAYOUT, new UUID(1, 2)).create(files.root(), SELF);
    String draft = files.operations().getFirst().substring("create ".length());
    Files.createLink(directory.resolve(draft), directory.resolve(Superblock.FILE_NAME));
    new Superblock("test", LAYOUT, new UUID(3, 4)).create(files.root(), SELF);
    assertEquals(new UUID(1, 2), Superblock.read(directory).orElseThrow().identity());
  }

  @Test
  void fencesHaveAllTheirBytesAndAreForcedBeforeTheyHaveTheirName() {
    Fences.open(files.root(), SELF, 17, 63).close();
    List<String> done = files.operations();
    String draft = done.getFirst().substring("create ".length());
    assertEquals(
        List.of(
            "create " + draft,
            "write " + draft,
            "force " + draft,
            "link " + draft + " weft-fences",
            "force .",
            "delete " + draft),
        done);
    assertEquals(Fences.bytes(63), directory.resolve("weft-fences").toFile().length());
  }

  @Test
  void aFenceIsForcedAlsoIfSomebodyElseHasWrittenIt() {
    try (Fences fences = Fences.open(files.root(), SELF, 17, 63)) {
      files.forget();
      fences.raise(1, 5);
      fences.raise(1, 5);
    }
    assertEquals(
        List.of("write weft-fences", "force weft-fences", "force weft-fences"), files.operations());
  }

  // ---- short writes

  @Test
  void aBlockThatIsTakenInPiecesIsWhole() {
    files.takeAtMost(1000);
    blocks.write(5, 3, 1, block(9));
    assertEquals(9, read(3));
  }

  // ---- a full storage

  @Test
  void aFenceNeedsNoSpace() {
    try (Fences fences = Fences.open(files.root(), SELF, 17, 63)) {
      files.limitSpace(0);
      fences.raise(2, 17);
      assertEquals(StoreErrors.FENCED, assertThrows(WeftException.class, fences::check).code());
    }
  }

  @Test
  void aBlockThatFindsNoSpaceIsWrittenWhenThereIsSome() {
    blocks.write(5, 0, 1, block(1));
    files.limitSpace(0);
    WeftException full = assertThrows(WeftException.class, () -> blocks.write(5, 1, 1, block(2)));
    assertEquals(StoreErrors.STORE_FULL, full.code());
    blocks.write(5, 0, 2, block(3)); // needs none
    assertEquals(3, read(0));
    files.unlimitSpace();
    blocks.write(5, 1, 1, block(2));
    assertEquals(2, read(1));
  }

  // ---- the end

  @Test
  void nothingStaysOpen() {
    blocks.write(5, 0, 1, block(1));
    blocks.write(6, 0, 1, block(1));
    blocks.force();
    Fences.open(files.root(), SELF, 17, 63).close();
    new Superblock("test", LAYOUT, new UUID(1, 2)).create(files.root(), SELF);
    blocks.close();
    assertEquals(0, files.openChannels());
  }
}
