// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.log.file.FileLogDevice;
import io.weft.plugin.log.file.FileLogDeviceSettings;
import io.weft.recovery.ImageCompression;
import io.weft.recovery.RedoLogCore;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class LogCommandTest {
  private static final LogId LOG = new LogId(1, 42);
  private static final int SEGMENT = 64 << 10;
  private static final int CHANGES = 400;

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeLog() {
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
    for (int i = 1; i <= CHANGES; i++) {
      log.append(new OneRange(i));
      log.flush();
    }
    log.close();
  }

  private int run(String... arguments) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  private Path segment(int number) {
    return directory.resolve("redo/n1.42/segment-%010d".formatted(number));
  }

  @Test
  void verifyCountsWhatIsInALog() throws IOException {
    assertEquals(0, run("log", "verify", "--json", directory.resolve("redo").toString()));

    JsonNode log = new ObjectMapper().readTree(out.toString()).get("logs").get(0);
    assertEquals("n1.42", log.get("log").asText());
    assertEquals(CHANGES, log.get("changes").asInt());
    assertEquals(CHANGES, log.get("maxScn").asInt());
    assertEquals(2, log.get("segments").asInt());
  }

  @Test
  void verifyReadsOneSegment() {
    assertEquals(0, run("log", "verify", segment(1).toString()));

    assertTrue(out.toString().contains("1 segments of 65536 bytes from 1 on"), out.toString());
  }

  @Test
  void verifyReportsDamageWithSegmentAndOffset() throws IOException {
    byte[] bytes = Files.readAllBytes(segment(0));
    bytes[4096 + 30] ^= 1;
    Files.write(segment(0), bytes);

    assertEquals(1, run("log", "verify", directory.resolve("redo/n1.42").toString()));

    assertTrue(out.toString().contains("n1.42  DAMAGED"), out.toString());
    assertTrue(err.toString().contains("WEFT-6001"), err.toString());
    assertTrue(err.toString().contains("segment 0 at offset 4096"), err.toString());
  }

  @Test
  void dumpPrintsOneRecordOnALine() {
    assertEquals(0, run("log", "dump", "--block", "7:3", segment(0).toString()));

    assertTrue(out.toString().contains("7:3 v2->v3 200@8"), out.toString());
    assertEquals(2, out.toString().lines().count()); // the log's name, and the only such change
  }

  @Test
  void whatIsNoLogIsExplained() {
    assertEquals(1, run("log", "verify", directory.toString()));

    assertTrue(err.toString().contains("n<node>.<incarnation>"), err.toString());
  }

  /** Change number n makes version n of block 7:n. */
  private record OneRange(int change) implements RedoRecord {
    private static final MemorySegment CONTENT = MemorySegment.ofArray(new byte[4064]);

    @Override
    public long scn() {
      return change;
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
      return change;
    }

    @Override
    public long version(int index) {
      return change;
    }

    @Override
    public MemorySegment content(int index) {
      return CONTENT;
    }

    @Override
    public int ranges(int index) {
      return 1;
    }

    @Override
    public int rangeOffset(int index, int range) {
      return 8;
    }

    @Override
    public int rangeLength(int index, int range) {
      return 200;
    }

    @Override
    public long lastImageLsn(int index) {
      return Long.MAX_VALUE;
    }
  }
}
