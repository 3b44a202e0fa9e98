// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.weft.api.WeftException;
import io.weft.plugin.assembly.Assembly;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Plugin;
import io.weft.plugin.launcher.hashing.HashingExpectation;
import io.weft.plugin.launcher.hashing.HashingFigures;
import io.weft.plugin.launcher.hashing.HashingPlot;
import io.weft.plugin.launcher.hashing.HashingStudy;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weft hashing}: compares all hash strategies there are. */
@Command(
    name = "hashing",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares the hash strategies that a configuration can choose from, for nodes with the ids 0,"
          + " 1 and so on and equal weights: how even the shares of the nodes are, what moves when"
          + " a node joins or leaves, and what it costs. Starts no node.",
      "Beside a measured value stands what mathematics expects of the strategy, in square brackets,"
          + " and the minimum, in round ones. All but the times are the same in every run.",
      "Exit code: 0 all compared, 1 a strategy cannot be made without a node, and is left out."
    })
final class HashingCommand implements Callable<Integer> {
  private static final String SECTION = "hash-strategy";
  private static final String CHOICE = "weft." + SECTION + ".plugin";
  private static final String VIRTUAL_NODES = "weft.hash-strategy.ring.virtual-nodes";
  private static final List<Integer> NODES = List.of(2, 3, 5, 10, 30, 100, 300, 1_000);

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions options;

  @Option(
      names = "--plugin-path",
      paramLabel = "DIR",
      description = "Also look for strategies in this directory; may be given more than once.")
  private List<Path> directories = new ArrayList<>();

  @Option(
      names = "--nodes",
      split = ",",
      paramLabel = "N",
      description =
          "Numbers of nodes, 2 to 1023, separated by commas. Default: 2, 3, 5, 10, 30, 100, 300 and"
              + " 1000.")
  private List<Integer> nodes = new ArrayList<>();

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Also draw the figures into this SVG file.")
  private Optional<Path> plot = Optional.empty();

  /** For picocli. */
  HashingCommand() {}

  /** A strategy that has been measured. */
  private record Studied(
      Plugin plugin,
      boolean honoursWeights,
      List<HashingFigures> figures,
      Optional<HashingExpectation> expectation) {}

  @Override
  public Integer call() {
    ConsoleLog.install(options.verbose());
    List<Integer> counts = counts();
    Plan standard = plan("");
    List<Plugin> strategies =
        standard.plugins().stream().filter(plugin -> plugin.section().equals(SECTION)).toList();
    List<Studied> studied = new ArrayList<>();
    for (Plugin strategy : strategies) {
      try {
        tell("measuring " + strategy.id() + " ...");
        studied.add(study(strategy, standard, counts));
      } catch (WeftException e) {
        tell(strategy.id() + " is left out: " + e.getMessage());
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      JsonOutput.print(out, json(studied));
    } else {
      studied.forEach(one -> print(one, out));
    }
    plot.ifPresent(file -> draw(studied, file));
    return studied.size() == strategies.size() ? ExitCode.DONE : ExitCode.FAILURE;
  }

  private void tell(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("weft: " + text);
    err.flush();
  }

  private List<Integer> counts() {
    if (nodes.isEmpty()) {
      return NODES;
    }
    int most = HashingStudy.MOST_NODES;
    for (int count : nodes) {
      if (count < 2 || count > most) {
        throw new ParameterException(
            spec.commandLine(), "--nodes " + count + " is outside 2 to " + most + ".");
      }
    }
    return nodes.stream().distinct().sorted().toList();
  }

  /** A plan that chooses a strategy; it need not be sound otherwise. */
  private Plan plan(String strategy) {
    Map<String, String> choice = strategy.isEmpty() ? Map.of() : Map.of(CHOICE, strategy);
    Assembly assembly = Distribution.with(Assembly.of(ConfigFactory.parseMap(choice)));
    for (Path directory : directories) {
      assembly = assembly.withPlugins(directory);
    }
    return assembly.plan();
  }

  /** Measures a strategy with the directory of the standard plan, the same for all. */
  private Studied study(Plugin plugin, Plan standard, List<Integer> counts) {
    Plan plan = plan(plugin.id());
    HashStrategy strategy = plan.hashStrategy();
    HashingStudy study = new HashingStudy(strategy, standard.directory(strategy));
    return new Studied(
        plugin,
        strategy.honoursWeights(),
        counts.stream().map(study::measure).toList(),
        HashingExpectation.of(plugin.module(), virtualNodes(plan)));
  }

  private static int virtualNodes(Plan plan) {
    return plan.choices().stream()
        .flatMap(choice -> choice.settings().stream())
        .filter(setting -> setting.key().equals(VIRTUAL_NODES))
        .mapToInt(setting -> Integer.parseInt(setting.value()))
        .findFirst()
        .orElse(0);
  }

  private static void print(Studied one, PrintWriter out) {
    out.printf(
        "%s (%s), %s weights, %d buckets%n",
        one.plugin.id(),
        one.plugin.module(),
        one.honoursWeights ? "honours" : "ignores",
        Buckets.COUNT);
    Columns columns = new Columns();
    columns.row(
        "  NODES",
        "MAX/MEAN",
        "VARIATION",
        "JOIN MOVES",
        "(MINIMUM)",
        "LEAVE MOVES",
        "(MINIMUM)",
        "LOOK-UP",
        "PROPOSAL");
    for (HashingFigures figures : one.figures) {
      int count = figures.nodes();
      columns.row(
          "  " + count,
          String.format("%.3f", figures.maxToMean()),
          percent(figures.variation()) + expected(one, e -> e.variation(count)),
          percent(figures.joinMoved()) + expected(one, e -> e.joinMoved(count)),
          "(" + percent(figures.joinMinimum()) + ")",
          percent(figures.leaveMoved()) + expected(one, e -> e.leaveMoved(count)),
          "(" + percent(figures.leaveMinimum()) + ")",
          String.format("%.1f ns", figures.lookUpNs()),
          String.format("%.2f ms", figures.proposeMs()));
    }
    columns.print(out);
    out.println();
    out.flush();
  }

  private interface Value {
    double of(HashingExpectation expectation);
  }

  private static String expected(Studied one, Value value) {
    return one.expectation.map(e -> " [" + percent(value.of(e)) + "]").orElse("");
  }

  private static String percent(double share) {
    return String.format("%.2f %%", 100 * share);
  }

  private static ObjectNode json(List<Studied> studied) {
    ObjectNode json = JsonOutput.object();
    json.put("buckets", Buckets.COUNT);
    ArrayNode list = json.putArray("strategies");
    for (Studied one : studied) {
      ObjectNode entry = list.addObject();
      entry.put("id", one.plugin.id());
      entry.put("module", one.plugin.module());
      entry.put("jar", one.plugin.location());
      entry.put("honoursWeights", one.honoursWeights);
      ArrayNode rows = entry.putArray("figures");
      one.figures.forEach(figures -> describe(figures, one, rows.addObject()));
    }
    return json;
  }

  private static void describe(HashingFigures figures, Studied one, ObjectNode row) {
    int count = figures.nodes();
    row.put("nodes", count);
    row.put("maxToMean", figures.maxToMean());
    row.put("variation", figures.variation());
    row.put("joinMoved", figures.joinMoved());
    row.put("joinMinimum", figures.joinMinimum());
    row.put("leaveMoved", figures.leaveMoved());
    row.put("leaveMinimum", figures.leaveMinimum());
    row.put("lookUpNs", figures.lookUpNs());
    row.put("proposeMs", figures.proposeMs());
    one.expectation.ifPresent(
        expectation ->
            row.putObject("expected")
                .put("variation", expectation.variation(count))
                .put("joinMoved", expectation.joinMoved(count))
                .put("leaveMoved", expectation.leaveMoved(count)));
  }

  private void draw(List<Studied> studied, Path file) {
    List<HashingPlot.Line> lines =
        studied.stream()
            .map(one -> new HashingPlot.Line(one.plugin.id(), one.figures, one.expectation))
            .toList();
    try {
      Files.writeString(file, HashingPlot.svg(lines));
    } catch (IOException e) {
      throw new ParameterException(
          spec.commandLine(), "--plot " + file + " cannot be written: " + e.getMessage(), e);
    }
    tell("drawn in " + file);
  }
}
