// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Stage;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Latencies;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final FleetPlan PLAN =
      new FleetPlan(2, 8192, "tcp", 100, Optional.empty(), List.of());

  @Test
  void holdsEveryFieldThatMachinesRelyOn() {
    ObjectNode json = new Report("run", PLAN, List.of(result(1000), result(3000)), 2).json(3, 4);

    for (String field :
        List.of(
            "nodes",
            "transport",
            "requests",
            "blockReads",
            "blockWrites",
            "localHits",
            "diskReads",
            "shipped2Hop",
            "shipped3Hop",
            "invalidations",
            "violations",
            "lostUpdates",
            "seconds")) {
      assertTrue(json.has(field), field);
    }
    for (String percentile : List.of("p50", "p99", "p999")) {
      assertTrue(json.path("latencyMicros").path("twoHop").path(percentile).isNumber());
    }
    assertEquals(2, json.path("nodes").asInt());
    assertEquals("tcp", json.path("transport").asText());
    assertEquals(20, json.path("requests").asLong());
    assertEquals(3, json.path("violations").asLong());
    assertEquals(4, json.path("lostUpdates").asLong());
    assertEquals(70, json.path("accessesPerSecond").asLong());
  }

  @Test
  void mergesDistributionsInsteadOfAveragingThem() {
    ObjectNode json =
        new Report("run", PLAN, List.of(result(1000), result(3000), result(3000)), 1).json(0, 0);

    ObjectNode twoHop = (ObjectNode) json.path("latencyMicros").path("twoHop");
    assertEquals(3, twoHop.path("p50").asDouble(), 0.01);
  }

  @Test
  void leavesOutWhatWasNotMeasured() {
    ObjectNode json = new Report("run", PLAN, List.of(result(1000)), 1).json(0, 0);

    assertEquals(List.of("twoHop"), fieldsOf(json.path("latencyMicros")));
    assertFalse(json.has("cpuSeconds"));
    assertEquals(5, json.path("localHits").asLong(), "counted, though not measured");
  }

  @Test
  void showsADashForWhatWasNotMeasured() {
    String table = new Report("run", PLAN, List.of(result(1000)), 1).table();

    assertTrue(table.matches("(?s).*\nheld here +5 +- +- +-\n.*"), table);
    assertTrue(table.matches("(?s).*\nshipped over two hops +7 +1\\.0 +1\\.0 +1\\.0\n.*"), table);
    assertTrue(table.contains("\n- of processor time"), table);
  }

  private static List<String> fieldsOf(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void leavesOutTheSamplesFromBeforeTheWork() {
    Latencies latencies = new Latencies();
    ObjectNode histograms = Json.object();
    byte[] now = encoded(10, 10, 10, 5000, 5000);
    histograms.put("disk-grant", Latencies.text(Latencies.since(encoded(10, 10, 10), now)));
    latencies.add(histograms);

    assertEquals(2, latencies.count(Stage.DISK_GRANT));
    assertEquals(5, latencies.micros(Stage.DISK_GRANT, 50).orElseThrow(), 0.01);
  }

  @Test
  void tellsPeopleTheSame() {
    String table = new Report("replay of x", PLAN, List.of(result(1000)), 2).table();

    assertTrue(table.contains("replay of x on 2 nodes over tcp"), table);
    assertTrue(table.contains("10 requests, 30 blocks read and 40 written in 2.00 s"), table);
  }

  @Test
  void countsAsLocalWhatNeededNobodyElse() {
    assertEquals(0.25, Report.localRatio(List.of(result(1))).orElseThrow(), 0.001);
    assertEquals(OptionalDouble.empty(), Report.localRatio(List.of(Json.object())));
  }

  private static ObjectNode result(long twoHopNanos) {
    ObjectNode result = Json.event("done");
    result.put("requests", 10).put("blockReads", 30).put("blockWrites", 40);
    result.put("localHits", 5).put("diskReads", 6).put("shipped2Hop", 7).put("shipped3Hop", 2);
    result
        .putObject("histograms")
        .put("two-hop", Latencies.text(encoded(twoHopNanos, twoHopNanos)));
    return result;
  }

  private static byte[] encoded(long... nanos) {
    Histogram histogram = new Histogram(3);
    for (long value : nanos) {
      histogram.recordValue(value);
    }
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    return Arrays.copyOf(buffer.array(), histogram.encodeIntoCompressedByteBuffer(buffer));
  }
}
