// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.weft.api.ErrorCode;
import io.weft.plugin.assembly.Assembly;
import io.weft.plugin.assembly.AssemblyErrors;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Plugin;
import io.weft.plugin.launcher.compare.Comparison;
import io.weft.plugin.launcher.compare.ComparisonJson;
import io.weft.plugin.launcher.compare.ComparisonPage;
import io.weft.plugin.launcher.compare.ComparisonPlan;
import io.weft.plugin.launcher.compare.ComparisonRun;
import io.weft.plugin.launcher.compare.Studies;
import io.weft.plugin.launcher.compare.Study;
import io.weft.plugin.launcher.compare.Subject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weft compare}: runs the same benchmark for all plugins of an interface. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the same benchmark for every plugin of an interface that is found, those of"
          + " --plugin-path among them, and writes a table, a JSON file and a page with plots.",
      "Each plugin has processes of its own. Rounds alternate between the plugins; the first"
          + " plugin is the one that ratios refer to.",
      "Exit code: 0 all compared, 1 a plugin has failed (the others are compared), 2 there is no"
          + " such benchmark or plugin."
    })
final class CompareCommand implements Callable<Integer> {
  private static final int HEAP_MIB = 512;
  private static final int MOST_SECONDS = 86_400;
  private static final int MOST_ROUNDS = 1_000;

  /** Problems of plugin jars; all others are those of an empty configuration. */
  private static final Set<ErrorCode> OF_JARS =
      Set.of(
          AssemblyErrors.PLUGIN_UNREADABLE,
          AssemblyErrors.AMBIGUOUS_PLUGIN,
          AssemblyErrors.NOT_A_PLUGIN);

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions options;

  @Option(
      names = "--spi",
      required = true,
      paramLabel = "SECTION",
      description =
          "What to compare: transport, hash-strategy, failure-detector, store or log-device, as"
              + " `weft plugins` names the sections.")
  private String spi = "";

  @Option(
      names = "--plugins",
      split = ",",
      paramLabel = "ID",
      description = "Only these plugins, in this order. Default: all that are found.")
  private List<String> ids = new ArrayList<>();

  @Option(
      names = "--plugin-path",
      paramLabel = "DIR",
      description = "Also look for plugins in this directory; may be given more than once.")
  private List<Path> directories = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting, as in a configuration; may be given more than once. In values,"
              + " $${compare.directory} is an empty directory of the plugin.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--seconds",
      defaultValue = "60",
      paramLabel = "S",
      description = "How long to measure, about. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--rounds",
      defaultValue = "10",
      paramLabel = "N",
      description = "Most rounds; more show the spread better. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description =
          "Where plugins make their files, for example on the disk to be measured. Default: the"
              + " directory for temporary files.")
  private Optional<Path> directory = Optional.empty();

  @Option(
      names = "--output",
      paramLabel = "NAME",
      description =
          "Writes NAME.json and NAME.html, and replaces them. Default: compare-SECTION in the"
              + " current directory.")
  private Optional<Path> output = Optional.empty();

  /** For picocli. */
  CompareCommand() {}

  @Override
  public Integer call() throws IOException {
    ConsoleLog.install(options.verbose());
    check("--seconds", seconds, MOST_SECONDS);
    check("--rounds", rounds, MOST_ROUNDS);
    settings.forEach(this::check);
    Study study =
        Studies.of(spi)
            .orElseThrow(
                () ->
                    mistake(
                        "--spi "
                            + spi
                            + ": there is no benchmark for it; there are benchmarks for "
                            + String.join(", ", Studies.sections())
                            + "."));
    List<Subject> candidates = candidates();
    Path work = workDirectory();
    Comparison comparison;
    try {
      comparison = new ComparisonRun(plan(study, candidates, work), this::tell).run();
    } finally {
      delete(work);
    }
    show(comparison);
    return comparison.complete() ? ExitCode.DONE : ExitCode.FAILURE;
  }

  private void check(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw mistake(option + " " + value + " is outside 1 to " + most + ".");
    }
  }

  private void check(String setting) {
    try {
      if (ConfigFactory.parseString(setting).hasPathOrNull("weft")) {
        return;
      }
    } catch (ConfigException e) {
      throw mistake("--set " + setting + " is no setting: " + e.getMessage());
    }
    throw mistake("--set " + setting + ": a setting is KEY=VALUE, and its key begins with weft.");
  }

  private ParameterException mistake(String text) {
    return new ParameterException(spec.commandLine(), text);
  }

  /** The plugins to compare; their code is not run here. */
  private List<Subject> candidates() {
    Assembly assembly = Distribution.with(Assembly.of(ConfigFactory.empty()));
    for (Path path : directories) {
      if (!Files.isDirectory(path)) {
        throw mistake("--plugin-path " + path + " is no directory.");
      }
      assembly = assembly.withPlugins(path);
    }
    Plan plan = assembly.plan();
    plan.problems().stream()
        .filter(problem -> OF_JARS.contains(problem.code()))
        .forEach(problem -> tell(problem.toString()));
    List<Plugin> found = plan.plugins().stream().filter(one -> one.section().equals(spi)).toList();
    List<String> there = found.stream().map(Plugin::id).toList();
    for (String id : ids) {
      if (!there.contains(id)) {
        throw mistake(
            "--plugins " + id + ": there is no such plugin; there are " + String.join(", ", there));
      }
    }
    if (found.isEmpty()) {
      throw mistake("no plugin of weft." + spi + " is found; name its directory in --plugin-path.");
    }
    return (ids.isEmpty() ? there : ids.stream().distinct().toList())
        .stream().map(id -> subject(found.get(there.indexOf(id)))).toList();
  }

  private static Subject subject(Plugin plugin) {
    return new Subject(
        plugin.id(),
        plugin.module(),
        plugin.version(),
        PluginsCommand.fileName(plugin.location()),
        List.of(),
        Optional.empty());
  }

  private Path workDirectory() throws IOException {
    if (directory.isEmpty()) {
      return Files.createTempDirectory("weft-compare");
    }
    if (!Files.isDirectory(directory.get())) {
      throw mistake("--directory " + directory.get() + " is no directory.");
    }
    return Files.createTempDirectory(directory.get(), "weft-compare");
  }

  private ComparisonPlan plan(Study study, List<Subject> candidates, Path work) {
    return new ComparisonPlan(
        study, candidates, settings, work, seconds, rounds, commandText(), this::process);
  }

  private String commandText() {
    List<String> words = new ArrayList<>(List.of("weft"));
    words.addAll(spec.commandLine().getParent().getParseResult().originalArgs());
    return words.stream()
        .map(word -> word.matches("[\\w./:=,@%+-]+") ? word : "'" + word + "'")
        .reduce((a, b) -> a + " " + b)
        .orElseThrow();
  }

  private List<String> process(Path config) {
    List<String> words = new ArrayList<>(List.of("probe", "--spi", spi));
    words.addAll(List.of("--config", config.toAbsolutePath().toString()));
    for (Path path : directories) {
      words.addAll(List.of("--plugin-path", path.toAbsolutePath().toString()));
    }
    return JvmCommand.forMeasuring(HEAP_MIB, words);
  }

  private void tell(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("weft: " + text);
    err.flush();
  }

  private void show(Comparison comparison) throws IOException {
    String name = output.map(Path::toString).orElse("compare-" + spi);
    Path json = Path.of(name + ".json");
    Path page = Path.of(name + ".html");
    Files.writeString(json, ComparisonJson.of(comparison).toPrettyString() + "\n");
    Files.writeString(page, ComparisonPage.of(comparison));
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      JsonOutput.print(out, ComparisonJson.of(comparison));
    } else {
      CompareTable.print(comparison, out);
    }
    tell("written: " + json + " and " + page);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
