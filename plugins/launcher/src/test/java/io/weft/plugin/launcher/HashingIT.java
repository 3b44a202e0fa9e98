// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.spi.directory.Buckets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The comparison of the strategies of the distribution, by the command of the distribution. */
@Timeout(600)
class HashingIT {
  private static final int NODES = 10;

  @TempDir private Path directory;

  @Test
  void allStrategiesAreComparedWithWhatIsExpected() throws IOException, InterruptedException {
    Path plot = directory.resolve("hashing.svg");
    Map<String, JsonNode> strategies = new TreeMap<>();
    hashing("--nodes", "10", "--plot", plot.toString())
        .path("strategies")
        .forEach(strategy -> strategies.put(strategy.path("id").asText(), strategy));

    assertEquals("[jump, modulo, rendezvous, ring]", strategies.keySet().toString());
    strategies.forEach(
        (id, strategy) -> {
          assertEquals(!id.equals("modulo"), strategy.path("honoursWeights").asBoolean(), id);
          JsonNode figures = strategy.path("figures").path(0);
          assertEquals(NODES, figures.path("nodes").asInt());
          assertMovedAsExpected(id, figures, "joinMoved");
          assertMovedAsExpected(id, figures, "leaveMoved");
          double expected = figures.path("expected").path("variation").asDouble();
          double variation = figures.path("variation").asDouble();
          assertTrue(variation < 2 * expected, () -> id + " has the variation " + variation);
        });
    String drawing = Files.readString(plot);
    strategies.keySet().forEach(id -> assertTrue(drawing.contains(">" + id + "</text>"), id));
  }

  /** Within a few standard deviations of a share of the ring, the most uneven of the strategies. */
  private static void assertMovedAsExpected(String id, JsonNode figures, String name) {
    double expected = figures.path("expected").path(name).asDouble();
    double moved = figures.path(name).asDouble();
    assertEquals(expected, moved, 0.02, () -> name + " of " + id + " over " + Buckets.COUNT);
  }

  private JsonNode hashing(String... options) throws IOException, InterruptedException {
    List<String> command = DistributionCommand.of(directory, List.of("hashing", "--json"));
    command.addAll(List.of(options));
    Path out = directory.resolve("out.json");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertEquals(0, process.waitFor());
    return new ObjectMapper().readTree(Files.readString(out));
  }
}
