// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Stage;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Latencies;
import io.weft.plugin.workload.shared.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The results of a run over all nodes, as a JSON object and as a table. What was not measured is
 * absent in the object, and a dash in the table.
 */
public final class Report {
  private final String title;
  private final FleetPlan plan;
  private final List<ObjectNode> results;
  private final double seconds;
  private final Latencies latencies = new Latencies();

  /**
   * Creates a report.
   *
   * @param title title of the report
   * @param results the {@code done} events of all nodes
   * @param seconds duration of the work
   */
  public Report(String title, FleetPlan plan, List<ObjectNode> results, double seconds) {
    this.title = title;
    this.plan = plan;
    this.results = List.copyOf(results);
    this.seconds = seconds;
    results.forEach(result -> latencies.add(result.path("histograms")));
  }

  /** Duration of the work. */
  public double seconds() {
    return seconds;
  }

  /** A figure of all nodes together. */
  public long sum(String field) {
    return sum(results, field);
  }

  /** A figure of some events together. */
  public static long sum(List<ObjectNode> events, String field) {
    return events.stream().mapToLong(event -> event.path(field).asLong()).sum();
  }

  /** The share of block accesses served by the own node, 0 to 1; empty without accesses. */
  static OptionalDouble localRatio(List<ObjectNode> events) {
    long hits = sum(events, "localHits");
    long all = hits + sum(events, "upgrades") + misses(events);
    return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) hits / all);
  }

  private static long misses(List<ObjectNode> events) {
    return sum(events, "diskReads") + sum(events, "shipped2Hop") + sum(events, "shipped3Hop");
  }

  /** The violations reported by the nodes, as texts. */
  public List<String> violationTexts() {
    List<String> texts = new ArrayList<>();
    for (ObjectNode result : results) {
      for (JsonNode text : result.path("violationTexts")) {
        texts.add(text.asText());
      }
    }
    return texts;
  }

  /** The results as a JSON object. */
  public ObjectNode json(long violations, long lostUpdates) {
    ObjectNode json = Json.object();
    json.put("nodes", plan.nodes()).put("transport", plan.transport());
    json.put("requests", sum("requests"))
        .put("blockReads", sum("blockReads"))
        .put("blockWrites", sum("blockWrites"));
    for (String field :
        List.of("localHits", "diskReads", "shipped2Hop", "shipped3Hop", "invalidations")) {
      json.put(field, sum(field));
    }
    json.put("violations", violations).put("lostUpdates", lostUpdates).put("seconds", seconds);
    json.put("accessesPerSecond", Math.round(accesses() / seconds));
    Measured.put(json, "cpuSeconds", cpuSeconds());
    json.put("frames", plan.frames());
    for (String field :
        List.of(
            "upgrades",
            "blocksSent",
            "diskWrites",
            "evictions",
            "prefetchRequests",
            "prefetchHits",
            "pinWaits",
            "retries")) {
      json.put(field, sum(field));
    }
    ObjectNode micros = json.putObject("latencyMicros");
    latencies.addTo(micros, "localHit", Stage.LOCAL_HIT);
    latencies.addTo(micros, "twoHop", Stage.TWO_HOP);
    latencies.addTo(micros, "threeHop", Stage.THREE_HOP);
    latencies.addTo(micros, "disk", Stage.DISK_GRANT);
    latencies.addTo(micros, "upgrade", Stage.UPGRADE);
    latencies.addTo(micros, "invalidation", Stage.INVALIDATION);
    return json;
  }

  /** The results as a table. */
  String table() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%s on %d nodes over %s, %,d frames each",
        title,
        plan.nodes(),
        plan.transport(),
        plan.frames());
    line(
        text,
        "%,d requests, %,d blocks read and %,d written in %.2f s: %,.0f blocks/s",
        sum("requests"),
        sum("blockReads"),
        sum("blockWrites"),
        seconds,
        accesses() / seconds);
    line(text, "");
    line(
        text,
        "%-26s %12s %10s %10s %10s",
        "way to the block",
        "blocks",
        "p50 us",
        "p99 us",
        "p99.9 us");
    row(text, "held here", sum("localHits"), Stage.LOCAL_HIT);
    row(text, "shipped over two hops", sum("shipped2Hop"), Stage.TWO_HOP);
    row(text, "shipped over three hops", sum("shipped3Hop"), Stage.THREE_HOP);
    row(text, "read from disk", sum("diskReads"), Stage.DISK_GRANT);
    row(text, "shared, then exclusive", sum("upgrades"), Stage.UPGRADE);
    line(text, "");
    line(
        text,
        "%,d copies invalidated, %,d blocks evicted, %,d written to disk, %,d of %,d prefetches"
            + " used",
        sum("invalidations"),
        sum("evictions"),
        sum("diskWrites"),
        sum("prefetchHits"),
        sum("prefetchRequests"));
    line(text, "%s of processor time in all nodes", Measured.text("%.2f s", cpuSeconds()));
    return text.toString();
  }

  /** Processor time of the nodes whose systems tell it; empty if none does. */
  private OptionalDouble cpuSeconds() {
    return results.stream().anyMatch(result -> result.has("cpuMillis"))
        ? OptionalDouble.of(sum("cpuMillis") / 1e3)
        : OptionalDouble.empty();
  }

  private double accesses() {
    return sum("blockReads") + sum("blockWrites");
  }

  private void row(StringBuilder text, String way, long blocks, Stage stage) {
    line(
        text,
        "%-26s %,12d %10s %10s %10s",
        way,
        blocks,
        micros(stage, 50),
        micros(stage, 99),
        micros(stage, 99.9));
  }

  private String micros(Stage stage, double percentile) {
    return Measured.text("%,.1f", latencies.micros(stage, percentile));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }
}
