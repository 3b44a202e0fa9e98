// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.log.file.FileLogDevice;
import io.weft.plugin.log.file.FileLogDeviceSettings;
import io.weft.plugin.store.file.FileBlockStore;
import io.weft.plugin.store.file.FileStoreSettings;
import io.weft.plugin.store.file.MendedBlocks;
import io.weft.recovery.ImageCompression;
import io.weft.recovery.RedoLogCore;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What an operator can do about a damaged log, and about a block that cannot be recovered. */
final class DamageCommandsTest {
  private static final LogId LOG = new LogId(1, 42);
  private static final int SEGMENT = 64 << 10;
  private static final int BLOCK_BYTES = 4_096;

  /** Changes of block 7:3, the first one as image; over two segments. */
  private static final int CHANGES = 400;

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** A log of a failed node, and the block as it was written long before. */
  @BeforeEach
  void writeLogAndBlock() {
    FileLogDevice device = new FileLogDevice(new FileLogDeviceSettings(directory.toString(), 0));
    device.open();
    View view = new View(new Epoch(1), List.of(new Member(new NodeId(1), "localhost", 1)));
    RedoLogCore log =
        new RedoLogCore(
            device,
            LOG,
            "trial",
            Views.fixed(view),
            () -> 0,
            () -> 0,
            RedoLogCore.Shape.of(SEGMENT, SEGMENT, ImageCompression.NONE),
            _ -> {});
    log.open();
    for (int version = 1; version <= CHANGES; version++) {
      log.append(new OneRange(version));
      log.flush();
    }
    log.close();
    device.seal(LOG);
    NodeSettings node =
        new NodeSettings(
            "trial",
            new NodeId(1),
            42,
            List.of(new Member(new NodeId(1), "localhost", 1)),
            BLOCK_BYTES,
            Map.of());
    try (var store =
        new FileBlockStore(new FileStoreSettings(directory.toString(), 1), node, reason -> {})) {
      store.open();
    }
    write(2);
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
    out.getBuffer().setLength(0);
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  private Path log() {
    return directory.resolve("redo/n1.42");
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

  /** A node had a newer past image, which it has kept beside the block. */
  @Test
  void aBlockIsForgottenInFavourOfAPastImageThatANodeHasKept() throws IOException {
    write(CHANGES + 7);
    keepAside(CHANGES + 5);
    damage(directory.resolve("blocks-00000007.0"), 3 * BLOCK_BYTES + 100);
    assertEquals(1, run("block", "check", "--store", directory.toString()));
    assertTrue(out.toString().contains("past image of version " + (CHANGES + 5)), out.toString());
    assertEquals(
        0,
        run("block", "forget", "--accept-loss", "--store", directory.toString(), "7:3"),
        () -> err.toString());
    assertEquals(CHANGES + 5, valueOfBlock());
    assertTrue(out.toString().contains("is version " + (CHANGES + 7)), out.toString());
  }

  private void keepAside(long version) {
    NodeSettings node =
        new NodeSettings(
            "trial",
            new NodeId(1),
            43,
            List.of(new Member(new NodeId(1), "localhost", 1)),
            BLOCK_BYTES,
            Map.of());
    try (var store =
            new FileBlockStore(new FileStoreSettings(directory.toString(), 1), node, reason -> {});
        Arena arena = Arena.ofShared()) {
      store.open();
      MemorySegment physical = arena.allocate(BLOCK_BYTES, 4_096);
      physical.set(ValueLayout.JAVA_LONG, 32, version);
      for (int time = 0; time < 2; time++) { // also a second time, as another keeper does
        String place = store.keepAside(7, 3, version, physical).orElseThrow();
        assertTrue(Files.exists(Path.of(place)), place);
      }
    }
  }

  /** Version n of block 7:3 has n in its first 8 bytes. */
  private record OneRange(long version) implements RedoRecord {
    @Override
    public long scn() {
      return version;
    }

    @Override
    public int blocks() {
      return 1;
    }

    @Override
    public int file(int index) {
      return 7;
    }

    @Override
    public long number(int index) {
      return 3;
    }

    @Override
    public long version(int index) {
      return version;
    }

    @Override
    public MemorySegment content(int index) {
      byte[] content = new byte[BLOCK_BYTES - 32];
      MemorySegment.ofArray(content).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, version);
      MemorySegment.ofArray(content).asSlice(8, 192).fill((byte) version);
      return MemorySegment.ofArray(content);
    }

    @Override
    public int ranges(int index) {
      return 1;
    }

    @Override
    public int rangeOffset(int index, int range) {
      return 0;
    }

    @Override
    public int rangeLength(int index, int range) {
      return 200;
    }

    @Override
    public long lastImageLsn(int index) {
      return version == 1 ? 0 : Long.MAX_VALUE;
    }
  }
}
