// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Comparisons by the command of the distribution, with plugins of others among them. */
@Timeout(600)
class CompareIT {
  private static final String MODULE =
      """
      module third.party {
        requires io.weft.spi;
        requires com.google.guice;
        opens third.party to com.google.guice, io.weft.plugin.assembly;
      }
      """;

  private static final String EAGER =
      """
      package third.party;

      import io.weft.spi.membership.FailureDetector;

      @io.weft.spi.plugin.WeftPlugin(
          id = "eager", provides = FailureDetector.class, settings = EagerSettings.class)
      public final class EagerModule extends com.google.inject.AbstractModule {
        @com.google.inject.Provides
        FailureDetector detector() {
          return new FailureDetector() {
            @Override
            public String name() {
              return "eager";
            }

            @Override
            public Watch watch(long now, long interval) {
              return new Watch() {
                private long last = now;

                @Override
                public void heard(long at) {
                  last = at;
                }

                @Override
                public double suspicion(long at) {
                  return (at - last) / (2.0 * interval);
                }
              };
            }
          };
        }
      }
      """;

  private static final String EAGER_SETTINGS =
      """
      package third.party;

      public record EagerSettings(String motto) {}
      """;

  private static final String BROKEN =
      """
      package third.party;

      import io.weft.spi.membership.FailureDetector;

      @io.weft.spi.plugin.WeftPlugin(id = "broken", provides = FailureDetector.class)
      public final class BrokenModule extends com.google.inject.AbstractModule {
        @com.google.inject.Provides
        FailureDetector detector() {
          System.out.println("a plugin may print");
          throw new IllegalStateException("no <detector> & no luck");
        }
      }
      """;

  private static final String DEFAULTS =
      """
      weft.aliases.failure-detector.eager = "third.party/third.party.EagerModule"
      weft.aliases.failure-detector.broken = "third.party/third.party.BrokenModule"
      weft.failure-detector.eager.motto = "<b>soon & often</b>"
      """;

  @TempDir private Path directory;

  private int code;
  private String table = "";
  private String errors = "";
  private String page = "";

  /** Compiles a jar with two plugins against the libraries of the distribution. */
  private Path thirdParty() throws IOException {
    Path source = Files.createDirectories(directory.resolve("source"));
    Path classes = Files.createDirectories(directory.resolve("classes"));
    Path plugins = Files.createDirectories(directory.resolve("plugins"));
    String libraries = Path.of("target", "weft", "lib").toAbsolutePath().toString();
    List<String> arguments =
        new ArrayList<>(List.of("-d", classes.toString(), "-proc:none", "-p", libraries));
    Map<String, String> files =
        Map.of(
            "module-info", MODULE,
            "EagerModule", EAGER,
            "EagerSettings", EAGER_SETTINGS,
            "BrokenModule", BROKEN);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = source.resolve(file.getKey() + ".java");
      Files.writeString(path, file.getValue());
      arguments.add(path.toString());
    }
    tool("javac", arguments);
    Files.writeString(classes.resolve("reference.conf"), DEFAULTS);
    String jar = plugins.resolve("third-party.jar").toString();
    tool("jar", List.of("--create", "--file", jar, "-C", classes.toString(), "."));
    return plugins;
  }

  private static void tool(String name, List<String> arguments) {
    StringWriter output = new StringWriter();
    PrintWriter writer = new PrintWriter(output);
    int code =
        ToolProvider.findFirst(name)
            .orElseThrow()
            .run(writer, writer, arguments.toArray(String[]::new));
    assertEquals(0, code, output::toString);
  }

  private JsonNode compare(String... options) throws IOException, InterruptedException {
    Path output = directory.resolve("outcome");
    List<String> command =
        DistributionCommand.of(directory, List.of("compare", "--output", output.toString()));
    command.addAll(List.of(options));
    Path out = directory.resolve("out.txt");
    Path err = directory.resolve("err.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    code = process.waitFor();
    table = Files.readString(out);
    errors = Files.readString(err);
    assertTrue(code < 2, () -> code + ": " + errors);
    page = Files.readString(Path.of(output + ".html"));
    return new ObjectMapper().readTree(Files.readString(Path.of(output + ".json")));
  }

  @Test
  void pluginsOfOthersTakePartAndAFailureStopsNobody() throws IOException, InterruptedException {
    String plugins = thirdParty().toString();

    JsonNode json =
        compare(
            "--spi",
            "failure-detector",
            "--plugin-path",
            plugins,
            "--seconds",
            "1",
            "--rounds",
            "1");

    assertEquals(1, code, errors);
    assertEquals(
        List.of("broken", "eager", "phi", "timeout"), json.path("plugins").findValuesAsText("id"));
    assertTrue(
        json.path("plugins").path(0).path("failure").asText().contains("no <detector> & no luck"),
        json::toPrettyString);
    assertEquals("eager", json.path("reference").asText());
    for (JsonNode question : json.path("questions")) {
      List<String> measured = question.path("values").findValuesAsText("plugin");
      assertTrue(measured.containsAll(List.of("eager", "phi", "timeout")), question::toString);
      assertFalse(measured.contains("broken"), question::toString);
    }
    assertTrue(table.contains("eager, an hour") && table.contains("phi, an hour"), table);
    assertTrue(table.contains("broken FAILED: "), table);
    assertTrue(page.contains(">eager</text>") && page.contains(">timeout</text>"), page);
    assertTrue(page.contains("no &lt;detector&gt; &amp; no luck"), page);
    assertTrue(page.contains("&lt;b&gt;soon &amp; often&lt;/b&gt;"), page);
    assertFalse(page.contains("<b>soon"), page);
  }

  @ParameterizedTest
  @CsvSource({
    "transport,'shm,tcp'",
    "store,'memory,file'",
    "log-device,file",
    "hash-strategy,'ring,modulo'"
  })
  void everyQuestionIsAnsweredForEveryPlugin(String spi, String plugins)
      throws IOException, InterruptedException {
    JsonNode json = compare("--spi", spi, "--plugins", plugins, "--seconds", "2", "--rounds", "1");

    assertEquals(0, code, () -> errors + table);
    List<String> ids = List.of(plugins.split(","));
    assertEquals(ids, json.path("plugins").findValuesAsText("id"));
    for (JsonNode question : json.path("questions")) {
      List<String> measured = question.path("values").findValuesAsText("plugin");
      assertTrue(measured.containsAll(ids), question::toString);
    }
    assertEquals(json.path("questions").size(), page.split("<figure ", -1).length - 1);
  }

  @Test
  void aSettingThatIsNoneIsAFailureOfThePlugin() throws IOException, InterruptedException {
    JsonNode json =
        compare(
            "--spi",
            "store",
            "--plugins",
            "memory",
            "--set",
            "weft.store.memory.nam=x",
            "--seconds",
            "1");

    assertEquals(1, code, errors);
    String failure = json.path("plugins").path(0).path("failure").asText();
    assertTrue(failure.contains("Did you mean weft.store.memory.name?"), failure);
  }
}
