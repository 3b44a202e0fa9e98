// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigUtil;
import io.weft.plugin.launcher.probe.MeasuredValue;
import io.weft.plugin.workload.fleet.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A plugin with its processes: the first one measures, a second one answers it. */
final class MeasuredPlugin implements AutoCloseable {
  private static final long START_SECONDS = 120;
  private static final long STEP_SECONDS = 120;

  private final ComparisonPlan plan;
  private final Path directory;
  private final List<ProbeProcess> processes = new ArrayList<>();
  private Subject subject;

  /** A plugin without processes. */
  MeasuredPlugin(ComparisonPlan plan, Subject candidate, int number) {
    this.plan = plan;
    this.subject = candidate;
    this.directory = plan.directory().resolve("" + number);
  }

  Subject subject() {
    return subject;
  }

  boolean works() {
    return subject.failure().isEmpty();
  }

  /** Starts the processes, and waits until all are ready. */
  void start() {
    try {
      Files.createDirectories(directory);
      List<Integer> ports = Ports.free(plan.study().processes());
      for (int node = 0; node < ports.size(); node++) {
        Path config = directory.resolve("node" + node + ".conf");
        Files.writeString(config, configuration(node, ports));
        processes.add(
            new ProbeProcess(
                plan.processes().apply(config), directory.resolve("node" + node + ".log")));
      }
      List<Subject.Setting> settings = List.of();
      for (ProbeProcess process : processes.reversed()) {
        settings = settings(process.answer(START_SECONDS));
      }
      subject = with(settings, Optional.empty());
    } catch (ProbeFailure | RuntimeException e) {
      fail(e);
    } catch (IOException e) {
      fail(new ProbeFailure("its files cannot be written: " + e.getMessage(), e));
    }
  }

  private String configuration(int node, List<Integer> ports) {
    List<String> lines = new ArrayList<>();
    lines.add("weft.cluster-name = compare-" + ProcessHandle.current().pid());
    lines.add("weft.node-id = " + node);
    List<String> members = new ArrayList<>();
    for (int port : ports) {
      members.add("{ id = " + members.size() + ", host = 127.0.0.1, port = " + port + " }");
    }
    lines.add("weft.members = [" + String.join(", ", members) + "]");
    String chosen = ConfigUtil.quoteString(subject.id());
    lines.add("weft." + plan.study().spi() + ".plugin = " + chosen);
    String quoted = ConfigUtil.quoteString(directory.toAbsolutePath().toString());
    lines.add("compare.directory = " + quoted);
    lines.add("weft.store.file.directory = " + quoted);
    lines.addAll(plan.overrides());
    return String.join("\n", lines) + "\n";
  }

  private static List<Subject.Setting> settings(JsonNode ready) {
    List<Subject.Setting> settings = new ArrayList<>();
    for (JsonNode entry : ready.path("settings")) {
      settings.add(
          new Subject.Setting(
              entry.path("key").asText(),
              entry.path("value").asText(),
              entry.path("default").asBoolean()));
    }
    return settings;
  }

  /** Runs a step; what was measured, or nothing if the plugin fails. */
  List<MeasuredValue> measure(String step, long millis, int round) {
    List<MeasuredValue> readings = new ArrayList<>();
    try {
      ProbeProcess first = processes.getFirst();
      first.order(step, millis, round);
      for (JsonNode entry : first.answer(STEP_SECONDS + millis / 1_000).path("readings")) {
        readings.add(
            new MeasuredValue(
                entry.path("question").asText(),
                entry.path("at").asText(),
                entry.path("value").asDouble(),
                entry.path("samples").asLong()));
      }
    } catch (ProbeFailure e) {
      fail(e);
    }
    return readings;
  }

  private void fail(Exception e) {
    subject = with(subject.settings(), Optional.of(String.valueOf(e.getMessage())));
    processes.forEach(ProbeProcess::kill);
  }

  private Subject with(List<Subject.Setting> settings, Optional<String> failure) {
    return new Subject(
        subject.id(), subject.module(), subject.version(), subject.location(), settings, failure);
  }

  /** Ends the processes at once. */
  void kill() {
    processes.forEach(ProbeProcess::kill);
  }

  @Override
  public void close() {
    processes.forEach(ProbeProcess::close);
  }
}
