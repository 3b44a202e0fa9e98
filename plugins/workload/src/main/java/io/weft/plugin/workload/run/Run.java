// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.fleet.RunDirectory;
import io.weft.plugin.workload.network.NodeNetwork;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Measured;
import io.weft.plugin.workload.shared.Violations;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The environment of a demo, a replay or a chaos run: its directory, nodes, progress display and
 * verdict. However a run ends, no process and no temporary file is left. Used by one thread.
 */
public final class Run implements AutoCloseable {
  /** Exit code of a successful proof. */
  static final int GOOD = 0;

  /** Exit code of a failed proof. */
  static final int BAD = 1;

  private final RunPlan plan;
  private final Output output;
  private final RunDirectory directory;
  private final Optional<NodeNetwork> network;
  private final Fleet fleet;
  private final ProgressDisplay display;
  private final Thread hook = Thread.ofPlatform().unstarted(this::cleanUp);
  private long workStartNs;

  private Run(RunPlan plan, Output output, ProgressDisplay display, Fleet.Watcher watcher) {
    this.plan = plan;
    this.output = output;
    this.display = display;
    directory = RunDirectory.open(plan.data());
    network = openNetwork();
    fleet = new Fleet(configured(), plan.command(), directory, network, Clock.SYSTEM, watcher);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The work of a run; returns the exit code. */
  @FunctionalInterface
  public interface Body {
    /** Executes the work. */
    int execute(Run run);
  }

  /**
   * Executes work in a new run.
   *
   * @param watcher sees the events of the nodes first
   * @param prepared checks what can be checked before any process is started
   * @return the exit code
   */
  public static int of(
      RunPlan plan, Output output, Fleet.Watcher watcher, Supplier<Body> prepared) {
    Body body = prepared.get();
    ProgressDisplay display =
        new ProgressDisplay(output.err(), ProgressDisplay.standardErrorIsTerminal(), Clock.SYSTEM);
    try (Run run = new Run(plan, output, display, watcher)) {
      return body.execute(run);
    } finally {
      display.finish();
    }
  }

  /** The plan with the directory in memory, if the nodes need one. */
  private FleetPlan configured() {
    return plan.fleet().sharesMemory()
        ? plan.fleet()
            .including(
                List.of(
                    "weft.transport.shm.directory = " + Json.quoted(directory.memory().toString())))
        : plan.fleet();
  }

  private Optional<NodeNetwork> openNetwork() {
    try {
      return plan.cuttable()
          ? Optional.of(NodeNetwork.open(plan.fleet().nodes()))
          : Optional.empty();
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** The configuration of the nodes. */
  public FleetPlan nodes() {
    return plan.fleet();
  }

  /** The processes of the nodes. */
  public Fleet fleet() {
    return fleet;
  }

  /** The network of the nodes; exists only if the plan needs cuts. */
  public NodeNetwork network() {
    return network.orElseThrow();
  }

  /** The blocks on disk, after the nodes have stopped. */
  public DiskBlocks disk() {
    return RawBlockFiles.open(directory.blocks(), fleet.contentBytes());
  }

  /** The display of the progress. */
  public ProgressDisplay display() {
    return display;
  }

  /** Starts the nodes. */
  public void startNodes() {
    display.begin("starting " + plan.fleet().nodes() + " nodes");
    fleet.start(() -> display.show(0, ""));
    display.say(
        "weft: "
            + plan.fleet().nodes()
            + " nodes are up, processes "
            + fleet.pids()
            + directory.kept().map(path -> ", in " + path).orElse(""));
  }

  /** The work begins now. */
  public void startClock() {
    workStartNs = Clock.SYSTEM.nanoTime();
  }

  /** Seconds since the work began. */
  public double seconds() {
    return (Clock.SYSTEM.nanoTime() - workStartNs) / 1e9;
  }

  /** Shows the progress of the work, from the last events of the nodes. */
  public void showWork(
      ToDoubleFunction<List<ObjectNode>> fraction, String unit, String... rateFields) {
    List<ObjectNode> latest = fleet.latest();
    double done = 0;
    for (String field : rateFields) {
      done += Report.sum(latest, field);
    }
    display.show(
        fraction.applyAsDouble(latest),
        String.format(
            Locale.ROOT,
            "%,.0f %s/s, %s local, %,d shipped, us: %s",
            done / Math.max(seconds(), 1e-3),
            unit,
            Measured.text("%.0f %%", percent(Report.localRatio(latest))),
            Report.sum(latest, "shipped2Hop") + Report.sum(latest, "shipped3Hop"),
            medians(latest)));
  }

  private static OptionalDouble percent(OptionalDouble ratio) {
    return ratio.stream().map(part -> 100 * part).findFirst();
  }

  /** Orders the nodes to write back all blocks and leave. */
  public void writeBackAndQuit() {
    display.begin("writing back");
    fleet.ask("write-back", "written-back", () -> display.show(0, ""));
    fleet.quit(() -> display.show(0, ""));
    display.finish();
  }

  /** Prints the report and the verdict; returns the exit code. */
  public int conclude(Report report, ObjectNode json, List<String> violationTexts, String proof) {
    return conclude(report.table(), json, violationTexts, proof);
  }

  /** Prints a table and the verdict; returns the exit code. */
  public int conclude(String table, ObjectNode json, List<String> violationTexts, String proof) {
    display.finish();
    boolean good = json.path("violations").asLong() == 0 && json.path("lostUpdates").asLong() == 0;
    PrintWriter people = output.json() ? output.err() : output.out();
    people.println();
    people.print(table);
    people.println();
    people.println((good ? "PROVED: " : "NOT PROVED: ") + proof);
    violationTexts.stream()
        .limit(2L * Violations.KEPT)
        .forEach(text -> people.println("  " + text));
    people.flush();
    if (output.json()) {
      output.out().println(Json.line(json));
      output.out().flush();
    }
    return good ? GOOD : BAD;
  }

  @Override
  public void close() {
    cleanUp();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the shutdown hook does the same, and repeating it is harmless.
    }
  }

  private void cleanUp() {
    fleet.close();
    network.ifPresent(NodeNetwork::close);
    directory.close();
  }

  private static String medians(List<ObjectNode> latest) {
    StringBuilder text = new StringBuilder();
    for (String[] stage :
        new String[][] {
          {"local-hit", "local"},
          {"two-hop", "2-hop"},
          {"three-hop", "3-hop"},
          {"disk-grant", "disk"}
        }) {
      latest.stream()
          .map(event -> event.path("medianMicros").path(stage[0]))
          .filter(JsonNode::isNumber)
          .mapToDouble(JsonNode::asDouble)
          .average()
          .ifPresent(
              micros ->
                  text.append(
                      String.format(
                          Locale.ROOT, micros < 10 ? "%s %.1f " : "%s %.0f ", stage[1], micros)));
    }
    return Optional.of(text.toString().strip()).filter(s -> !s.isEmpty()).orElse("-");
  }
}
