// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.plugin.launcher.hashing.HashingStudy;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class MainTest {
  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path file = Path.of("");

  @BeforeEach
  void writeConfiguration() throws IOException {
    file = directory.resolve("weft.conf");
    Files.writeString(
        file,
        """
        weft.cluster-name = trial
        weft.node-ids = 1
        weft.block-size = 9 KiB
        """);
  }

  private int run(String... arguments) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void aCacheThatCannotBeWrittenIsAMistakeThatNamesTheFileAndTheRemedy() {
    Path cache = directory.resolve("missing").resolve("weft.aot");
    assertEquals(2, run("rehearse", "--output", cache.toString()));
    assertTrue(err.toString().contains(cache + " cannot be written"), err.toString());
    assertTrue(err.toString().contains("--output"), err.toString());
  }

  @Test
  void helpListsTheCommands() {
    assertEquals(0, run("--help"));

    for (String command : new String[] {"node", "plugins", "hashing", "explain", "config"}) {
      assertTrue(out.toString().contains("\n  " + command + " "), out.toString());
    }
  }

  @Test
  void mistakeOnTheCommandLineIsExplained() {
    assertEquals(2, run("nod"));
    assertTrue(err.toString().contains("node"), err.toString());
    assertEquals(2, run());
    assertEquals(2, run("node"));
    assertTrue(err.toString().contains("--config"), err.toString());
  }

  @Test
  void comparingWhatHasNoBenchmarkNamesThoseThatHave() {
    assertEquals(2, run("compare", "--spi", "grd"));
    assertTrue(err.toString().contains("transport, hash-strategy, failure-detector"), "" + err);
    assertEquals(2, run("compare", "--spi", "store", "--set", "no setting"));
    assertTrue(err.toString().contains("--set no setting"), "" + err);
    assertEquals(2, run("compare", "--spi", "store", "--rounds", "0"));
    assertTrue(err.toString().contains("--rounds 0 is outside 1 to 1000"), "" + err);
  }

  @Test
  void checkListsAllProblemsForPeople() {
    assertEquals(2, run("config", "check", "-c", file.toString()));

    String text = out.toString();
    assertTrue(
        text.contains(":2: weft.node-ids is not a known key. Did you mean weft.node-id?"), text);
    assertTrue(text.contains(":3: weft.block-size 9 KiB is not a power of two"), text);
    assertTrue(text.contains("(WEFT-2004 UNKNOWN_KEY)"), text);
  }

  @Test
  void checkListsAllProblemsForMachines() throws IOException {
    assertEquals(2, run("config", "check", "--json", "-c", file.toString()));

    for (JsonNode problem : json().path("problems")) {
      if (problem.path("key").asText().equals("weft.block-size")) {
        assertEquals(2007, problem.path("code").asInt());
        assertEquals("OUT_OF_RANGE", problem.path("name").asText());
        assertEquals(3, problem.path("line").asInt());
        assertEquals(file.toString(), problem.path("file").asText());
        return;
      }
    }
    throw new AssertionError("the block size is missing in " + out);
  }

  @Test
  void nodeWithAWrongConfigurationDoesNotStart() throws IOException {
    assertEquals(2, run("node", "--json", "-c", file.toString()));

    assertEquals(2001, json().path("error").path("code").asInt());
    assertTrue(err.toString().startsWith("weft: WEFT-2001 CONFIG_INVALID: "), err.toString());
    assertFalse(err.toString().contains("    at "), "a stack trace helps nobody here");
  }

  @Test
  void explainShowsSettingsAndWhereTheyStand() throws IOException {
    assertEquals(2, run("explain", "--json", "-c", file.toString()));

    JsonNode name = json().path("settings").path(0);
    assertEquals("weft.cluster-name", name.path("key").asText());
    assertEquals("\"trial\"", name.path("value").asText());
    assertEquals(1, name.path("line").asInt());
    assertFalse(name.path("default").asBoolean());
  }

  @Test
  void outputThatCannotBeWrittenIsAFailure() {
    for (String[] arguments :
        new String[][] {
          {"plugins"}, {"plugins", "--json"}, {"--help"}, {"config", "check", "--help"}
        }) {
      PrintWriter full =
          new PrintWriter(
              new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                  throw new IOException("No space left on device");
                }
              });
      CommandLine command = Main.commandLine().setErr(new PrintWriter(err, true));
      assertEquals(1, Main.run(command, full, arguments), String.join(" ", arguments));
      assertTrue(err.toString().contains("standard output cannot be written"), err.toString());
    }
  }

  @Test
  void numbersLookTheSameInEveryLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));
      PrintWriter printer = new PrintWriter(out, true);
      Main.run(Main.commandLine(), printer, "--version");
      printer.printf("%d", 12);
      assertTrue(out.toString().endsWith("12"), out.toString());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void numbersOfNodesThatCannotBeComparedAreMistakes() {
    for (int nodes : new int[] {1, HashingStudy.MOST_NODES + 1}) {
      assertEquals(2, run("hashing", "--nodes", "2," + nodes));
      assertTrue(err.toString().contains("--nodes " + nodes + " is outside 2 to "), err.toString());
    }
  }

  @Test
  void pluginsAreListedForMachines() throws IOException {
    assertEquals(0, run("plugins", "--json"));

    assertTrue(json().path("plugins").isArray());
  }
}
