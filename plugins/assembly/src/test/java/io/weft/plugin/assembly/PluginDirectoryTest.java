// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that are compiled here and found in a directory, as a third party's would be. */
final class PluginDirectoryTest {
  private static final String MODULE =
      """
      module third.NAME {
        requires io.weft.spi;
        requires com.google.guice;
        REQUIRES
        OPENS third.NAME to com.google.guice, io.weft.plugin.assembly;
      }
      """;

  private static final String PLUGIN =
      """
      package third.NAME;

      @io.weft.spi.plugin.WeftPlugin(
          id = "NAME",
          provides = io.weft.spi.directory.HashStrategy.class,
          settings = NameSettings.class)
      public final class NameModule extends com.google.inject.AbstractModule {
        public NameModule() {}

        @com.google.inject.Provides
        io.weft.spi.directory.HashStrategy strategy(NameSettings settings) {
          return view -> {
            int[] masters = new int[io.weft.spi.directory.Buckets.COUNT];
            java.util.Arrays.fill(masters, settings.everything());
            return masters;
          };
        }
      }
      """;

  private static final String SETTINGS =
      """
      package third.NAME;

      public record NameSettings(int everything) {}
      """;

  private static final String DEFAULTS =
      """
      weft.aliases.hash-strategy.NAME = "third.NAME/third.NAME.NameModule"
      # Who masters everything.
      weft.hash-strategy.NAME.everything = 1
      """;

  @TempDir private Path work;
  @TempDir private Path plugins;

  private record ThirdParty(String name, String requires, String opens, String defaults) {
    ThirdParty(String name) {
      this(name, "", "opens", DEFAULTS);
    }
  }

  private void install(ThirdParty party) throws IOException {
    Path source = work.resolve(party.name());
    Path target = plugins.resolve(party.name());
    Map<String, String> files =
        Map.of("module-info", MODULE, "NameModule", PLUGIN, "NameSettings", SETTINGS);
    Files.createDirectories(source);
    List<String> arguments =
        new ArrayList<>(List.of("-d", target.toString(), "-proc:none", "-p", modulePath()));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = source.resolve(file.getKey() + ".java");
      String text = file.getValue().replace("REQUIRES", party.requires());
      Files.writeString(path, text.replace("OPENS", party.opens()).replace("NAME", party.name()));
      arguments.add(path.toString());
    }
    StringWriter output = new StringWriter();
    PrintWriter writer = new PrintWriter(output);
    int code =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(writer, writer, arguments.toArray(String[]::new));
    assertEquals(0, code, output::toString);
    Files.writeString(
        target.resolve("reference.conf"), party.defaults().replace("NAME", party.name()));
  }

  /** The running modules, and what has been installed. */
  private String modulePath() throws IOException {
    Stream<Path> running =
        ModuleLayer.boot().configuration().modules().stream()
            .flatMap(module -> module.reference().location().stream())
            .filter(uri -> uri.getScheme().equals("file"))
            .map(Path::of);
    try (Stream<Path> installed = Files.list(plugins)) {
      return Stream.concat(running, installed)
          .map(Path::toString)
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  private Plan plan(String more) {
    String text = Fakes.config("directory", 0, 1) + more;
    return Assembly.of(ConfigFactory.parseString(text)).withPlugins(plugins).plan();
  }

  private static List<String> problems(Plan plan) {
    return plan.problems().stream().map(Problem::message).toList();
  }

  @Test
  void chosenPluginIsResolvedSetAndWired() throws IOException {
    install(new ThirdParty("lone"));
    install(new ThirdParty("idle"));

    Plan plan =
        plan(
            """
            weft.hash-strategy { plugin = lone, lone.everything = 0, idle.everything = 5 }
            """);

    assertEquals(List.of(), problems(plan));
    Choice choice = plan.choices().get(Slot.HASH_STRATEGY.ordinal());
    assertEquals("third.lone", choice.module());
    assertEquals("0", choice.settings().getFirst().value());
    assertEquals(
        List.of("third.idle", "third.lone"),
        plan.plugins().stream()
            .map(Plugin::module)
            .filter(module -> module.startsWith("third."))
            .sorted()
            .toList());
    try (AssembledNode node = plan.start()) {
      assertEquals(1, node.view().members().size());
    }
  }

  @Test
  void unknownNameIsAnsweredWithWhatThereIs() throws IOException {
    install(new ThirdParty("lone"));
    install(new ThirdParty("idle"));

    List<String> problems =
        problems(plan("weft.hash-strategy { plugin = loen, ring.virtual-nodes = 3 }"));

    assertEquals(
        List.of(
            "weft.hash-strategy.plugin = \"loen\" names no plugin. Did you mean lone?"
                + " Available: idle, lone.",
            "weft.hash-strategy.ring is not a known key. Keys of weft.hash-strategy: idle, lone,"
                + " plugin."),
        problems);
  }

  @Test
  void nameClaimedTwiceIsRefused() throws IOException {
    install(new ThirdParty("lone"));
    install(
        new ThirdParty(
            "idle",
            "",
            "opens",
            "weft.aliases.hash-strategy.lone = \"third.idle/third.idle.NameModule\""));

    List<String> problems = problems(plan("weft.hash-strategy.plugin = lone"));

    assertTrue(
        problems.stream()
            .anyMatch(p -> p.startsWith("weft.aliases.hash-strategy.lone is claimed twice")),
        () -> "" + problems);
  }

  @Test
  void moduleInTwoPlacesIsRefused() throws IOException {
    install(new ThirdParty("lone"));
    copy(plugins.resolve("lone"), plugins.resolve("second"));

    List<String> problems = problems(plan("weft.hash-strategy.plugin = lone"));

    assertEquals(1, problems.size(), () -> "" + problems);
    assertTrue(problems.getFirst().startsWith("module third.lone is also in"));
  }

  @Test
  void missingModuleIsNamed() throws IOException {
    install(new ThirdParty("base"));
    install(new ThirdParty("lone", "requires third.base;", "opens", DEFAULTS));
    delete(plugins.resolve("base"));

    List<String> problems = problems(plan("weft.hash-strategy.plugin = lone"));

    assertEquals(1, problems.size(), () -> "" + problems);
    assertTrue(problems.getFirst().contains("third.base"), problems.getFirst());
  }

  @Test
  void closedPackageIsNamed() throws IOException {
    install(new ThirdParty("lone", "", "//", DEFAULTS));

    List<String> problems = problems(plan("weft.hash-strategy.plugin = lone"));

    assertEquals(1, problems.size(), () -> "" + problems);
    assertTrue(
        problems.getFirst().contains("has to open third.lone to com.google.guice"),
        problems.getFirst());
  }

  @Test
  void defaultsOfAPluginDecideNothing() throws IOException {
    install(
        new ThirdParty(
            "lone", "", "opens", DEFAULTS + "weft.store.plugin = lone\nweft.block-size = 4 KiB"));

    List<String> problems = problems(plan(""));

    assertEquals(2, problems.size(), () -> "" + problems);
    assertTrue(problems.get(0).contains("sets weft.store.plugin"), problems.get(0));
    assertTrue(problems.get(1).contains("sets weft.block-size"), problems.get(1));
  }

  @Test
  void brokenJarIsNamed() throws IOException {
    Files.writeString(plugins.resolve("broken.jar"), "not a jar");

    Plan plan = plan("");

    assertEquals(
        List.of(AssemblyErrors.PLUGIN_UNREADABLE),
        plan.problems().stream().map(Problem::code).toList());
    assertEquals(Optional.of("broken.jar"), plan.problems().stream().map(Problem::key).findFirst());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(
          file -> {
            try {
              Files.copy(file, to.resolve(from.relativize(file)));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
    }
  }
}
