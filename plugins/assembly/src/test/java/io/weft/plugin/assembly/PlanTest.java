// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    assertEquals(Slot.values().length, plan.choices().size());
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
            "weft.conf:20: weft.block-size 9 KiB is not a power of two from 4 KiB to 64 KiB.",
            "weft.conf:21: weft.leave-timeout 172800 s is outside 0 s to 3600 s.",
            "weft.conf:22: weft.resource-classes.8 = \"indx\" is not one of data, index, undo,"
                + " temp, system. Did you mean index?",
            "weft.conf:23: weft.stroe is not a known key. Did you mean weft.store?",
            "weft.conf:24: weft.form-timeouts is not a known key. Did you mean weft.form-timeout?",
            "weft.conf:25: weft.store = \"memory\" is a section, not a value. Its keys are:"
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
    assertTrue(lines.get(2).contains("weft.conf:21: weft.y is not a known key."), lines.get(2));
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
    assertEquals(20, caution.place().line());
    assertTrue(caution.message().endsWith("$SlowModule\": it takes its time."), caution.message());
  }

  private static List<ErrorCode> codes(Plan plan) {
    return plan.problems().stream().map(Problem::code).toList();
  }
}
