// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.store.file.FileBlockStore;
import io.weft.plugin.store.file.FileStoreSettings;
import io.weft.plugin.store.file.MendedBlocks;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.plugin.tck.doubles.TestNodes;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator can do about a damaged log, and about a block that cannot be recovered. */
final class DamageCommandsTest {
  private static final int BLOCK_BYTES = 4_096;
  private static final int CHANGES = TrialLog.CHANGES;

  @TempDir private Path directory;

  private TrialLog trial;
  private StringWriter out;
  private StringWriter err;

  /** A log of a failed node, and the block as it was written long before. */
  @BeforeEach
  void writeLogAndBlock() {
    trial = new TrialLog(directory);
    out = trial.out;
    err = trial.err;
    trial.write(DamageCommandsTest::change).seal(TrialLog.LOG);
    try (var store = store(42)) {
      store.open();
    }
    write(2);
  }

  /** Version n of block 7:3 has n in its first 8 bytes; the first one is logged as image. */
  private static OneBlockChange change(long version) {
    MemorySegment content = MemorySegment.ofArray(new byte[OneBlockChange.CONTENT_BYTES]);
    content.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, version);
    content.asSlice(8, 192).fill((byte) version);
    return OneBlockChange.of(7, 3, version)
        .content(content)
        .range(0, 200)
        .imageAt(version == 1 ? 0 : Long.MAX_VALUE);
  }

  private FileBlockStore store(long incarnation) {
    return new FileBlockStore(
        new FileStoreSettings(directory.toString(), 1),
        TestNodes.node("trial", 1, incarnation, BLOCK_BYTES),
        _ -> {});
  }

  private void write(long version) {
    try (MendedBlocks blocks = MendedBlocks.open(directory);
        Arena arena = Arena.ofConfined()) {
      MemorySegment physical = arena.allocate(BLOCK_BYTES, 4_096);
      physical.set(ValueLayout.JAVA_LONG, 32, version);
      blocks.write(7, 3, version, physical);
    }
  }

  private long valueOfBlock() {
    try (MendedBlocks blocks = MendedBlocks.open(directory);
        Arena arena = Arena.ofConfined()) {
      MemorySegment physical = arena.allocate(BLOCK_BYTES, 4_096);
      blocks.read(7, 3, physical);
      return physical.get(ValueLayout.JAVA_LONG, 32);
    }
  }

  private int run(String... arguments) {
    return trial.run(arguments);
  }

  private Path log() {
    return trial.path();
  }

  private void damage(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  private void damageLog() throws IOException {
    damage(log().resolve("segment-0000000000"), 32 << 10);
  }

  @Test
  void aWholeLogIsNotCut() {
    assertEquals(1, run("log", "cut", "--accept-loss", log().toString()));
    assertTrue(out.toString().contains("is whole"), out.toString());
  }

  @Test
  void aDamagedLogIsNotCutWithoutAcceptingTheLoss() throws IOException {
    damageLog();
    assertEquals(1, run("log", "cut", log().toString()));
    assertTrue(out.toString().contains("with --accept-loss"), out.toString());
    assertEquals(1, run("log", "verify", log().toString()));
  }

  @Test
  void aLogThatIsCutEndsBeforeItsDamageAndTheDecisionIsNoted() throws IOException {
    damageLog();
    assertEquals(0, run("log", "cut", "--accept-loss", log().toString()), () -> err.toString());
    assertEquals(0, run("log", "verify", log().toString()), () -> err.toString());
    assertTrue(Files.exists(log().resolve("cut-segment-0000000000")));
    assertTrue(Files.exists(log().resolve("cut-segment-0000000001")));
    String noted = Files.readString(directory.resolve("redo").resolve(OperatorLog.FILE_NAME));
    assertTrue(noted.contains("log cut n1.42 at LSN "), noted);
  }

  @Test
  void aLogWhoseFirstRecordIsDamagedIsEmptyAfterwards() throws IOException {
    damage(log().resolve("segment-0000000000"), 4_096 + 30);
    assertEquals(0, run("log", "cut", "--accept-loss", log().toString()), () -> err.toString());
    assertEquals(0, run("log", "verify", log().toString()), () -> err.toString());
    assertTrue(out.toString().contains("empty"), out.toString());
  }

  @Test
  void aBlockThatRedoMakesAnewIsNotForgotten() throws IOException {
    damage(directory.resolve("blocks-00000007.0"), 3 * BLOCK_BYTES + 100);
    assertEquals(0, run("block", "check", "--store", directory.toString()), () -> out.toString());
    assertEquals(
        1, run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"));
    assertTrue(out.toString().contains("nothing to forget"), out.toString());
  }

  /** The disk has a newer version than redo knows of: nobody can tell what it was. */
  @Test
  void aDamagedBlockThatIsNewerThanAllRedoIsListedAndForgottenOnPurposeOnly() throws IOException {
    write(CHANGES + 7);
    damage(directory.resolve("blocks-00000007.0"), 3 * BLOCK_BYTES + 100);
    assertEquals(1, run("block", "check", "--store", directory.toString()));
    assertTrue(out.toString().contains("7:3  "), out.toString());
    assertEquals(1, run("block", "forget", "--store", directory.toString(), "7:3"));
    assertTrue(out.toString().contains("gets version " + (CHANGES + 7)), out.toString());

    assertEquals(
        0,
        run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"),
        () -> err.toString());
    assertEquals(CHANGES, valueOfBlock());
    assertEquals(0, run("block", "check", "--store", directory.toString()));
    String noted = Files.readString(directory.resolve(OperatorLog.FILE_NAME));
    assertTrue(noted.contains("block forget 7:3 version " + (CHANGES + 7)), noted);
    try (var files = Files.list(directory)) {
      assertTrue(
          files.anyMatch(file -> file.getFileName().toString().startsWith("weft-forgotten-7-3")));
    }
    assertFalse(err.toString().contains("Exception"), err.toString());
  }

  /** An older copy has been restored: only the block's master remembers what there has been. */
  @Test
  void aBlockIsForgottenInFavourOfAVersionThatOnlyItsMasterKnowsOf() {
    String[] forget = {"block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"};
    assertEquals(1, run(forget));
    assertTrue(out.toString().contains("nothing to forget"), out.toString());
    long known = CHANGES + 9;
    assertEquals(
        0,
        run(
            "block",
            "forget",
            "--at-least",
            "" + known,
            "--accept-loss",
            "--store",
            directory.toString(),
            "7:3"),
        () -> err.toString());
    assertTrue(out.toString().contains("block 7:3 is version " + known + " now"), out.toString());
    assertEquals(CHANGES, valueOfBlock());
  }

  /** A node had a newer past image, which it has kept beside the block. */
  @Test
  void aBlockIsForgottenInFavourOfAPastImageThatANodeHasKept() throws IOException {
    write(CHANGES + 7);
    saveImage(CHANGES + 5);
    damage(directory.resolve("blocks-00000007.0"), 3 * BLOCK_BYTES + 100);
    assertEquals(1, run("block", "check", "--store", directory.toString()));
    assertTrue(out.toString().contains("past image of version " + (CHANGES + 5)), out.toString());
    assertEquals(
        0,
        run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"),
        () -> err.toString());
    assertEquals(CHANGES + 5, valueOfBlock());
    assertTrue(out.toString().contains("is version " + (CHANGES + 7)), out.toString());
    try (var files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith("weft-past-")));
    }
  }

  /** A recovery begins with the image, so there is nothing to give up. */
  @Test
  void aBlockThatAPastImageMakesGoodIsNotForgotten() throws IOException {
    saveImage(CHANGES + 5);
    assertEquals(0, run("block", "check", "--store", directory.toString()), () -> out.toString());
    damage(directory.resolve("blocks-00000007.0"), 3 * BLOCK_BYTES + 100);
    assertEquals(0, run("block", "check", "--store", directory.toString()), () -> out.toString());
    assertEquals(
        1, run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"));
    assertTrue(out.toString().contains("nothing to forget"), out.toString());
    assertTrue(Files.exists(directory.resolve("weft-past-7-3-version-" + (CHANGES + 5))));
  }

  /** No redo names the block any more: its keeper has had a checkpoint since. */
  @Test
  void aDamagedPastImageIsListedAlsoIfNoRedoNamesItsBlock() throws IOException {
    saveImage(7, 4, 5);
    assertEquals(0, run("block", "check", "--store", directory.toString()), () -> out.toString());
    assertTrue(out.toString().contains("2 blocks checked"), out.toString());
    damage(directory.resolve("weft-past-7-4-version-5"), 100);
    assertEquals(1, run("block", "check", "--store", directory.toString()));
    assertTrue(out.toString().contains("7:4  disk and redo go to version 0 of 5"), out.toString());
    assertTrue(out.toString().contains("beside it is damaged"), out.toString());
    assertEquals(
        0,
        run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:4"),
        () -> err.toString());
    assertTrue(out.toString().contains("block 7:4 is version 5 now"), out.toString());
    assertEquals(0, run("block", "check", "--store", directory.toString()), () -> out.toString());
    assertFalse(Files.exists(directory.resolve("weft-past-7-4-version-5")));
  }

  /** It may be whole, so it is not given up: check tells of it, forget does nothing. */
  @Test
  void aPastImageThatCannotBeReadNowIsListedAndNotGivenUp() throws IOException {
    saveImage(7, 4, 5);
    Path image = directory.resolve("weft-past-7-4-version-5");
    Files.delete(image);
    Files.createSymbolicLink(image, image);
    assertEquals(1, run("block", "check", "--store", directory.toString()));
    assertTrue(out.toString().contains("kept beside it cannot be read"), out.toString());
    int done = run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:4");
    assertTrue(done != 0, out::toString);
    assertTrue(Files.isSymbolicLink(image));
    try (var files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.getFileName().toString().contains("forgotten")));
    }
  }

  private void saveImage(long version) {
    saveImage(7, 3, version);
  }

  private void saveImage(int file, long number, long version) {
    try (var store = store(43);
        Arena arena = Arena.ofShared()) {
      store.open();
      MemorySegment physical = arena.allocate(BLOCK_BYTES, 4_096);
      physical.set(ValueLayout.JAVA_LONG, 32, version);
      for (int time = 0; time < 2; time++) { // also a second time, as another keeper does
        String place = store.saveImage(file, number, version, physical).orElseThrow();
        assertTrue(Files.exists(Path.of(place)), place);
      }
    }
  }
}
