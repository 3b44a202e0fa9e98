// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlanTest {
  @TempDir private Path directory;

  private Plan plan(String text) throws IOException {
    Path file = directory.resolve("weft.conf");
    Files.writeString(file, text);
    return Assembly.of(file).plan();
  }

  private List<String> problems(Plan plan) {
    String prefix = directory + "/";
    return plan.problems().stream().map(problem -> problem.toString().replace(prefix, "")).toList();
  }

  @Test
  void soundConfigurationHasNoProblems() throws IOException {
    Plan plan = plan(Fakes.config("c", 0, 2));

    assertEquals(List.of(), problems(plan));
    assertEquals(Fakes.slots().size(), plan.choices().size());
    Choice store = plan.choices().get(Slot.STORE.ordinal());
    assertEquals("BlockStore", store.spi());
    assertEquals("io.weft.plugin.assembly", store.module());
    assertEquals(8, store.place().line());
    Setting name = plan.settings().getFirst();
    assertEquals("weft.cluster-name", name.key());
    assertEquals(2, name.place().line());
    assertEquals(false, name.standard());
  }

  @Test
  void allProblemsAreReportedTogether() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 5, 2)
                + """
                weft.block-size = 9 KiB
                weft.leave-timeout = 2 days
                weft.resource-classes { seven = index, 8 = indx }
                weft.stroe.file.directory = x
                weft.form-timeouts = 5 s
                weft.store = memory
                weft.registry.plugin = "io.weft.plugin.assembly/io.weft.plugin.assembly.Nothing"
                """);

    assertEquals(
        List.of(
            "weft.conf:4: weft.members has no entry for this node; its node-id is 5.",
            "weft.conf:21: weft.block-size 9 KiB is not a power of two from 4 KiB to 64 KiB.",
            "weft.conf:22: weft.leave-timeout 172800 s is outside 0 s to 3600 s.",
            "weft.conf:23: weft.resource-classes.8 = \"indx\" is not one of data, index, undo,"
                + " temp, system. Did you mean index?",
            "weft.conf:24: weft.stroe is not a known key. Did you mean weft.store?",
            "weft.conf:25: weft.form-timeouts is not a known key. Did you mean weft.form-timeout?",
            "weft.conf:26: weft.store = \"memory\" is a section, not a value. Its keys are:"
                + " plugin."),
        problems(plan).stream().filter(problem -> !problem.contains("Nothing")).toList());
    assertTrue(
        problems(plan).stream().anyMatch(problem -> problem.contains("has no class")),
        () -> "" + problems(plan));
  }

  @Test
  void startListsTheProblemsInOneError() throws IOException {
    Plan plan = plan(Fakes.config("c", 0, 1) + "weft.x = 1\nweft.y = 2\n");

    WeftException thrown = assertThrows(WeftException.class, plan::start);

    assertEquals(AssemblyErrors.CONFIG_INVALID, thrown.code());
    List<String> lines = thrown.getMessage().lines().toList();
    assertEquals("the configuration has 2 problems:", lines.get(0));
    assertTrue(lines.get(1).startsWith("  1. "), lines.get(1));
    assertTrue(lines.get(2).contains("weft.conf:22: weft.y is not a known key."), lines.get(2));
  }

  @Test
  void pluginOfAnotherInterfaceIsRefused() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 0, 1)
                + """
                weft.store.plugin = "io.weft.plugin.assembly/io.weft.plugin.assembly.Fakes$TransportModule"
                weft.registry.plugin = "io.weft.plugin.assembly/io.weft.plugin.assembly.PlanTest"
                weft.grd.plugin = "io.weft.plugin.assembly"
                """);

    assertEquals(
        List.of(
            AssemblyErrors.NOT_A_PLUGIN,
            AssemblyErrors.NOT_A_PLUGIN,
            AssemblyErrors.UNKNOWN_PLUGIN),
        codes(plan));
    assertTrue(problems(plan).get(0).contains("fills Transport, not BlockStore"));
    assertTrue(problems(plan).get(1).contains("is not annotated with @WeftPlugin"));
    assertTrue(problems(plan).get(2).contains("names no plugin"));
  }

  @Test
  void unreadableFilesAreProblems() throws IOException {
    Plan missing = Assembly.of(directory.resolve("nowhere.conf")).plan();
    assertTrue(codes(missing).contains(AssemblyErrors.CONFIG_UNREADABLE));

    Plan broken = plan("weft {\n  node-id = \n}}\n");
    assertTrue(codes(broken).contains(AssemblyErrors.CONFIG_SYNTAX));
    assertTrue(problems(broken).getFirst().startsWith("weft.conf:"), problems(broken).getFirst());

    Plan unresolved = plan("weft.cluster-name = ${nobody.knows}\n");
    assertTrue(codes(unresolved).contains(AssemblyErrors.CONFIG_SYNTAX));

    Plan noDirectory = plan(Fakes.config("c", 0, 1) + "weft.plugin-path = [nowhere]");
    assertEquals(List.of(AssemblyErrors.PLUGIN_UNREADABLE), codes(noDirectory));
  }

  @Test
  void aFileThatCannotBeReadIsTheOnlyProblem() throws IOException {
    Plan missing = Assembly.of(directory.resolve("nowhere.conf")).plan();
    assertEquals(List.of(AssemblyErrors.CONFIG_UNREADABLE), codes(missing));
    assertTrue(problems(missing).getFirst().endsWith("nowhere.conf does not exist."));

    assertEquals(List.of(AssemblyErrors.CONFIG_SYNTAX), codes(plan("weft {\n  node-id = \n}}\n")));
    assertEquals(
        List.of(AssemblyErrors.CONFIG_SYNTAX), codes(plan("weft.node-id = ${nobody.knows}\n")));
    Plan folder = Assembly.of(directory).plan();
    assertTrue(problems(folder).getFirst().endsWith("is a directory; name the file."));
  }

  @Test
  void takesAValueFromTheEnvironmentOverOneInTheText() throws IOException {
    String path = System.getenv("PATH");
    Plan plan =
        plan(Fakes.config("c", 0, 1) + "weft.cluster-name = short\nweft.cluster-name = ${?PATH}\n");
    assertEquals(
        path.length() > 64 ? 1 : 0, problems(plan).size(), "the PATH is the name: " + path);
    assertEquals('"' + path + '"', plan.settings().getFirst().value());

    Plan unset =
        plan(
            Fakes.config("c", 0, 1)
                + "weft.cluster-name = short\nweft.cluster-name = ${?WEFT_NO_SUCH_VARIABLE}\n");
    assertEquals(List.of(), problems(unset));
    assertEquals("\"short\"", unset.settings().getFirst().value());
    assertEquals(21, unset.settings().getFirst().place().line());
  }

  @Test
  void aTextMaySpeakAboutItself() throws IOException {
    String other = "{ id = 3, host = there, port = 9 }";
    Plan appended = plan(Fakes.config("c", 0, 1) + "weft.members += " + other);
    assertEquals(List.of(), problems(appended));
    assertTrue(value(appended, "weft.members").contains("there"), value(appended, "weft.members"));

    Plan joined = plan(Fakes.config("c", 0, 1) + "weft.members = ${weft.members} [" + other + "]");
    assertEquals(List.of(), problems(joined));
    assertEquals(value(appended, "weft.members"), value(joined, "weft.members"));

    Plan whole = plan(Fakes.config("c", 0, 1).replace("weft {", "common {") + "weft = ${common}\n");
    assertEquals(List.of(), problems(whole));
    assertEquals(2, whole.settings().getFirst().place().line());

    Plan wrong =
        plan(
            Fakes.config("c", 0, 1).replace("weft {", "common {")
                + "weft = ${common} { node-idd = 1, block-size = 9 KiB }\n");
    assertEquals(
        List.of(
            "weft.conf:21: weft.block-size 9 KiB is not a power of two from 4 KiB to 64 KiB.",
            "weft.conf:21: weft.node-idd is not a known key. Did you mean weft.node-id?"),
        problems(wrong));
  }

  @Test
  void tellsDefaultsFromWhatIsWrittenEvenIfTheyAreEqual() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 0, 1)
                + "weft.block-size = 8 KiB\nweft.drain-timeout = ${weft.form-timeout}\n"
                + "weft.plugin-path = ${weft.native-access}\n");
    assertEquals(
        List.of("weft.block-size", "weft.plugin-path", "weft.drain-timeout"),
        plan.settings().stream()
            .filter(setting -> !setting.standard())
            .map(Setting::key)
            .filter(key -> !key.matches("weft.(cluster-name|node-id|members|form.*|leave.*)"))
            .toList());
  }

  @Test
  void includesCountFromTheFileThatIncludes() throws IOException {
    Files.writeString(directory.resolve("included.conf"), "weft.block-size = 16 KiB\n");
    String text = Fakes.config("c", 0, 1) + "include \"included.conf\"\n";
    assertEquals("16 KiB", text(plan(text), "weft.block-size"));

    Path bare = Files.createTempFile(Path.of(""), "bare", ".conf").getFileName();
    Path included = Files.createTempFile(Path.of(""), "included", ".conf").getFileName();
    try {
      Files.writeString(included, "weft.block-size = 32 KiB\n");
      Files.writeString(bare, text.replace("included.conf", included.toString()));
      assertEquals("32 KiB", text(Assembly.of(bare).plan(), "weft.block-size"));
    } finally {
      Files.delete(bare);
      Files.delete(included);
    }
  }

  @Test
  void aMistypedIncludeIsAProblem() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 0, 1)
                + "include \"inclued.conf\"\ninclude file(\"/nowhere/else.conf\")\n");
    assertEquals(
        List.of(AssemblyErrors.CONFIG_UNREADABLE, AssemblyErrors.CONFIG_UNREADABLE), codes(plan));
    assertTrue(
        problems(plan)
            .getFirst()
            .startsWith("weft.conf:21: include \"inclued.conf\" names no readable file"),
        problems(plan).getFirst());
    assertTrue(problems(plan).getLast().startsWith("weft.conf:22: "), problems(plan).getLast());
  }

  @Test
  void rootKeysThatNobodyReadsAreProblems() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 0, 1)
                + """
                wfet.node-id = 2
                node-id = 2
                application.name = x
                sizes.block = 16 KiB
                weft.block-size = ${sizes.block}
                """);
    assertEquals(
        List.of(
            "weft.conf:21: wfet is not a known key: all keys are in weft { ... }."
                + " Did you mean weft?",
            "weft.conf:22: node-id is not a known key: all keys are in weft { ... }."
                + " Did you mean weft.node-id?",
            "weft.conf:23: application is not a known key: all keys are in weft { ... }."
                + " Other keys are allowed here only for ${application}."),
        problems(plan));
  }

  @Test
  void systemPropertiesAreRefusedByName() throws IOException {
    System.setProperty("weft.transport.tcp.io-threads", "4");
    System.setProperty("weft.seeds-of-a-test", "4");
    System.setProperty("weft.node-idd", "4");
    try {
      Plan plan = plan(Fakes.config("c", 0, 1));
      assertEquals(2, problems(plan).size());
      assertTrue(
          problems(plan).getFirst().endsWith("Did you mean weft.node-id?"),
          problems(plan).getFirst());
      assertTrue(
          problems(plan)
              .getLast()
              .startsWith("-Dweft.transport.tcp.io-threads: system properties set nothing"),
          problems(plan).getLast());
    } finally {
      System.clearProperty("weft.transport.tcp.io-threads");
      System.clearProperty("weft.seeds-of-a-test");
      System.clearProperty("weft.node-idd");
    }
  }

  @Test
  @Tag("WP-1")
  void settingsThatDependOnOthersAreComparedWithThem() throws IOException {
    String choosy =
        Fakes.config("c", 0, 1)
            + """
            weft.redo-strategy.plugin = "io.weft.plugin.assembly/io.weft.plugin.assembly.Fakes$ChoosyModule"
            weft.block-size = 16 KiB
            """;
    assertEquals(
        List.of(
            "weft.conf:23: weft.redo-strategy.choosy.room = 8 KiB and weft.block-size = 16 KiB"
                + " do not go together."),
        problems(plan(choosy + "weft.redo-strategy.choosy.room = 8 KiB\n")));

    Plan close = plan(choosy + "weft.redo-strategy.choosy.room = 16 KiB\n");
    assertEquals(List.of(), problems(close));
    assertEquals(23, close.cautions().getFirst().place().line());
    assertTrue(close.cautions().getFirst().message().endsWith("16 KiB are close."));

    Plan wide = plan(choosy + "weft.redo-strategy.choosy.room = 32 KiB\n");
    assertEquals(List.of(), wide.cautions());
  }

  @Test
  void weightsNeedAHashStrategyThatHonoursThem() throws IOException {
    String members =
        """
        weft.members = [
          { id = 0, host = here, port = 1 }
          { id = 1, host = here, port = 2, weight = %d }
        ]
        """;
    String honours =
        "weft.hash-strategy.plugin ="
            + " \"io.weft.plugin.assembly/io.weft.plugin.assembly.Fakes$WeightedModule\"\n";
    String text = Fakes.config("c", 0, 2);

    assertEquals(List.of(), problems(plan(text + members.formatted(200) + honours)));
    assertEquals(List.of(), problems(plan(text + members.formatted(100))));

    Plan ignored = plan(text + members.formatted(200));
    assertEquals(
        List.of("weft.hash-strategy.plugin"),
        ignored.problems().stream().map(Problem::key).toList());
    String message = ignored.problems().getFirst().message();
    assertTrue(message.contains("ignores weights, but those in weft.members differ"), message);

    assertEquals(
        List.of(
            "weft.conf:23: weft.members[1].weight 0 is outside 1 to 10000.",
            "weft.conf:23: weft.members[1].weight 10001 is outside 1 to 10000."),
        List.of(
            problems(plan(text + members.formatted(0))).getFirst(),
            problems(plan(text + members.formatted(10_001))).getFirst()));
  }

  @Test
  void hashStrategyAndDirectoryNeedNoNode() throws IOException {
    Plan plan = plan(Fakes.config("c", 7, 2)); // node 7 is no member: it could not start
    HashStrategy strategy = plan.hashStrategy();
    ResourceDirectory directory = plan.directory(strategy);
    View view = new View(Epoch.FIRST, List.of(new Member(new NodeId(0), "here", 1)));
    directory.install(directory.mapOf(view));
    assertEquals(0, directory.masterOfBucket(17));
    assertFalse(strategy.honoursWeights());
  }

  private static String value(Plan plan, String key) {
    return plan.settings().stream()
        .filter(setting -> setting.key().equals(key))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private static String text(Plan plan, String key) {
    return value(plan, key).replace("\"", "");
  }

  @Test
  void saysWhatShouldBeKnownOfAChosenPlugin() throws IOException {
    Plan plan =
        plan(
            Fakes.config("c", 0, 1)
                + """
                weft.redo-strategy.plugin = "io.weft.plugin.assembly/io.weft.plugin.assembly.Fakes$SlowModule"
                """);

    assertEquals(List.of(), problems(plan));
    Caution caution = plan.cautions().getFirst();
    assertEquals("weft.redo-strategy.plugin", caution.key());
    assertEquals(21, caution.place().line());
    assertTrue(caution.message().endsWith("$SlowModule\": it takes its time."), caution.message());
  }

  private static List<ErrorCode> codes(Plan plan) {
    return plan.problems().stream().map(Problem::code).toList();
  }
}
