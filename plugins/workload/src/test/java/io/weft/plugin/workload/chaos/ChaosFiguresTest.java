// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a chaos run has not measured is not told as zero. */
class ChaosFiguresTest {
  private static final ChaosPlan PLAN =
      new ChaosPlan(Duration.ofSeconds(60), 1, 3000, 2, 2, Duration.ofSeconds(5), Set.of());

  private final ChaosLedger ledger = new ChaosLedger(PLAN, Clock.SYSTEM);
  private final ChaosFigures figures = new ChaosFigures(3, PLAN, ledger);

  ChaosFiguresTest() {
    ledger.throughput().begin(0);
    figures.worked(60);
  }

  @Test
  void leavesOutStallsThatWereNotMeasured() {
    ObjectNode json = figures.json(0, 0, 1);

    assertEquals(Json.object(), json.path("longestStallMillis"));
    assertEquals(Json.object().put("count", 0), json.path("recoveredMillis"));
    String table = figures.table(json);
    assertTrue(
        table.contains(
            "longest stall: - of blocks that the killed node neither held nor mastered, - of"
                + " any\n"),
        table);
  }

  @Test
  void tellsStallsThatWereMeasured() {
    figures.stalled(1500);
    figures.stalled(700);
    ObjectNode json = figures.json(0, 0, 1);

    assertEquals(1.5, json.path("longestStallMillis").path("unaffected").asDouble());
    assertTrue(figures.table(json).contains("longest stall: 1.5 ms of blocks"));
  }
}
