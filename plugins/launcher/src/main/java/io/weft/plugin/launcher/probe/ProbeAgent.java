// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Problem;
import io.weft.plugin.assembly.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * The process that measures one plugin. It writes one JSON object a line: first {@code ready} with
 * the plugin's settings, then the {@code readings} of each step; or {@code failure}, a text. It
 * reads one order a line, with {@code step}, {@code millis} and {@code round}, and ends when its
 * input does.
 */
public final class ProbeAgent {
  /** How long the plugin may take to close when the process that gives the orders has ended. */
  private static final long CLOSE_MILLIS = 20_000;

  private final ObjectMapper mapper = new ObjectMapper();
  private final BufferedReader orders;
  private final PrintStream answers;

  /** Creates an agent. */
  public ProbeAgent(BufferedReader orders, PrintStream answers) {
    this.orders = orders;
    this.answers = answers;
  }

  /**
   * Measures until the input ends.
   *
   * @param spi section of the plugin interface
   * @param plan chooses the plugin
   * @param config name of the configuration; problems in it are failures, others are not: they may
   *     be those of other plugins
   * @return whether the plugin has worked
   */
  public boolean run(String spi, Plan plan, String config) throws IOException {
    for (Problem problem : plan.problems()) {
      if (problem.place().file().equals(config)) {
        answer(failure(problem.message()));
        return false;
      }
    }
    try (Probe probe = probe(spi, plan)) {
      ObjectNode ready = mapper.createObjectNode();
      ready.put("ready", true);
      settings(spi, plan, ready.putArray("settings"));
      answer(ready);
      for (String line = orders.readLine(); line != null; line = orders.readLine()) {
        JsonNode order = mapper.readTree(line);
        answer(
            readings(
                probe.measure(
                    order.path("step").asText(),
                    order.path("millis").asLong(),
                    order.path("round").asInt())));
      }
      endInTime();
      return true;
    } catch (IOException e) {
      throw e;
    } catch (Exception | LinkageError e) {
      answer(failure(e.getMessage() == null ? e.toString() : e.getMessage()));
      return false;
    }
  }

  private ObjectNode failure(String why) {
    return mapper.createObjectNode().put("failure", why);
  }

  private static Probe probe(String spi, Plan plan) throws Exception {
    return switch (spi) {
      case "transport" -> TransportProbe.of(plan);
      case "hash-strategy" -> new HashProbe(plan);
      case "failure-detector" -> new DetectorProbe(plan);
      case "store" -> StoreProbe.of(plan);
      case "log-device" -> new LogDeviceProbe(plan);
      default -> throw new IllegalArgumentException("nothing measures a " + spi);
    };
  }

  /** Ends the process if the plugin does not close: nobody would notice. */
  private static void endInTime() {
    Thread.ofPlatform()
        .daemon()
        .name("weft-compare-end")
        .start(
            () -> {
              try {
                Thread.sleep(CLOSE_MILLIS);
                Runtime.getRuntime().halt(1);
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void settings(String spi, Plan plan, ArrayNode list) {
    plan.choices().stream()
        .filter(choice -> choice.section().equals(spi))
        .flatMap(choice -> choice.settings().stream())
        .forEach(setting -> setting(setting, list.addObject()));
  }

  private static void setting(Setting setting, ObjectNode entry) {
    entry.put("key", setting.key());
    entry.put("value", setting.value());
    entry.put("default", setting.standard());
  }

  private ObjectNode readings(List<MeasuredValue> readings) {
    ObjectNode json = mapper.createObjectNode();
    ArrayNode list = json.putArray("readings");
    for (MeasuredValue reading : readings) {
      ObjectNode entry = list.addObject();
      entry.put("question", reading.question());
      entry.put("at", reading.at());
      entry.put("value", reading.value());
      entry.put("samples", reading.samples());
    }
    return json;
  }

  private void answer(ObjectNode json) {
    try {
      answers.print(mapper.writeValueAsString(json) + "\n");
      answers.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot be written", e);
    }
  }
}
