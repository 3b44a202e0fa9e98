// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.LongestTime;
import io.weft.plugin.workload.shared.Measured;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The figures of a chaos run. Used by one thread. */
final class ChaosFigures {
  private final int nodes;
  private final ChaosPlan plan;
  private final ChaosLedger ledger;
  private final Map<String, Integer> stops = new TreeMap<>();
  private final List<Double> recoveriesMillis = new ArrayList<>();
  private final Map<Fault, Integer> suffered = new EnumMap<>(Fault.class);
  private int kills;
  private int pauses;
  private int restarts;
  private int leaves;
  private int falseEvictions;
  private final LongestTime unaffected = new LongestTime();
  private double seconds;

  /** Creates empty figures. */
  ChaosFigures(int nodes, ChaosPlan plan, ChaosLedger ledger) {
    this.nodes = nodes;
    this.plan = plan;
    this.ledger = ledger;
  }

  /** A fault is injected on {@code count} nodes. */
  void suffered(Fault fault, int count) {
    suffered.merge(fault, count, Integer::sum);
  }

  /** {@code count} nodes were killed. */
  void killed(int count) {
    kills += count;
  }

  /** A node was paused. */
  void paused() {
    pauses++;
  }

  /** A node was ordered to leave. */
  void left() {
    leaves++;
  }

  /** A node was started again. */
  void restarted() {
    restarts++;
  }

  /** A node has stopped by itself, with an error code. */
  void stopped(String code) {
    stops.merge(code, 1, Integer::sum);
  }

  /** A node stopped although no fault was injected on it. */
  void falselyEvicted() {
    falseEvictions++;
  }

  /** Time after a kill until all blocks were served again. */
  void recovered(double millis) {
    recoveriesMillis.add(millis);
  }

  /** Time for which a block was not served that a killed node neither held nor mastered. */
  void stalled(long micros) {
    unaffected.addMicros(micros);
  }

  /** Duration of the work. */
  void worked(double ofSeconds) {
    seconds = ofSeconds;
  }

  /** Number of stops by error code. */
  Map<String, Integer> stops() {
    return stops;
  }

  /** The text shown during the run. */
  String soFar(int working) {
    return String.format(
        Locale.ROOT,
        "%,d operations, %d of %d nodes work, %d kills, %d pauses, %d planned restarts",
        ledger.history().operations(),
        working,
        nodes,
        kills,
        pauses,
        leaves);
  }

  /**
   * The figures as a JSON object.
   *
   * @param lost acknowledged changes that are missing
   * @param violations number of violations
   * @param endNs when the work ended
   */
  ObjectNode json(long lost, long violations, long endNs) {
    OptionalLong fewest = ledger.throughput().fewestPerSecond(endNs);
    ObjectNode json = Json.object();
    json.put("nodes", nodes)
        .put("seconds", seconds)
        .put("operations", ledger.history().operations())
        .put("operationsPerSecond", Math.round(ledger.history().operations() / seconds))
        .put("kills", kills)
        .put("pauses", pauses)
        .put("restarts", restarts)
        .put("plannedRestarts", leaves)
        .put("lostChanges", lost)
        .put("lostUpdates", lost)
        .put("violations", violations)
        .put("openOperations", ledger.history().open())
        .put("blocks", plan.blocks())
        .put("seed", plan.seed())
        .put("brokenQuorum", plan.breaksQuorum())
        .put("falseEvictions", falseEvictions);
    fewest.ifPresent(value -> json.put("fewestOperationsPerSecond", value));
    json.put("calmWindows", ledger.throughput().calmWindows(endNs));
    json.put("failedOperations", ledger.history().failed());
    ObjectNode faults = json.putObject("faults");
    suffered.forEach((fault, count) -> faults.put(fault.text(), count));
    ObjectNode reasons = json.putObject("stops");
    stops.forEach(reasons::put);
    ObjectNode stall = json.putObject("longestStallMillis");
    Measured.put(stall, "unaffected", unaffected.millis());
    Measured.put(stall, "all", ledger.history().longestMillis());
    ObjectNode recovered = json.putObject("recoveredMillis");
    double[] sorted = sortedRecoveries();
    recovered.put("count", sorted.length);
    if (sorted.length > 0) {
      recovered.put("median", sorted[sorted.length / 2]).put("longest", sorted[sorted.length - 1]);
    }
    return json;
  }

  /** The figures as a table, from the JSON object. */
  String table(ObjectNode json) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "chaos on %d nodes, %.0f s, seed %d: %,d operations, %,d/s",
        nodes,
        seconds,
        plan.seed(),
        ledger.history().operations(),
        json.path("operationsPerSecond").asLong());
    line(
        text,
        "faults: %s, and all killed at the end; %d starts; stops: %s; %,d operations failed",
        words(suffered),
        restarts,
        stops.isEmpty() ? "none" : stops,
        ledger.history().failed());
    line(
        text,
        "fewest operations in a second, over %d calm windows of %d s: %s",
        json.path("calmWindows").asLong(),
        Throughput.WINDOW,
        json.has("fewestOperationsPerSecond")
            ? json.path("fewestOperationsPerSecond").asText()
            : "none was calm");
    double[] recovered = sortedRecoveries();
    if (recovered.length > 0) {
      line(
          text,
          "everything served again after a kill: %.1f ms (median of %d), %.1f ms at most",
          recovered[recovered.length / 2],
          recovered.length,
          recovered[recovered.length - 1]);
    }
    line(
        text,
        "longest stall: %s of blocks that the killed node neither held nor mastered, %s of any",
        Measured.text("%.1f ms", unaffected.millis()),
        Measured.text("%.1f ms", ledger.history().longestMillis()));
    return text.toString();
  }

  private static String words(Map<Fault, Integer> suffered) {
    return suffered.isEmpty()
        ? "none"
        : suffered.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey().text())
            .collect(Collectors.joining(", "));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private double[] sortedRecoveries() {
    return recoveriesMillis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }
}
