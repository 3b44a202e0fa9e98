// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.plugin.tck.doubles.OneBlockChange;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogCommandTest {
  private static final int CHANGES = TrialLog.CHANGES;

  @TempDir private Path directory;

  private TrialLog trial;
  private StringWriter out;
  private StringWriter err;

  /** Change number n makes version n of block 7:n. */
  @BeforeEach
  void writeLog() {
    trial = new TrialLog(directory);
    out = trial.out;
    err = trial.err;
    trial.write(number -> OneBlockChange.of(7, number, number).range(8, 200).withoutImage());
  }

  private int run(String... arguments) {
    return trial.run(arguments);
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
}
