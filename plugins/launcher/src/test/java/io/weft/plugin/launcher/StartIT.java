// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.NodeSet;
import io.weft.plugin.workload.chaos.ChaosSettings;
import io.weft.plugin.workload.chaos.RunHistory;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.fleet.FleetPlan.Address;
import io.weft.plugin.workload.fleet.NodeProcess;
import io.weft.plugin.workload.fleet.NodeProcess.Signal;
import io.weft.plugin.workload.fleet.Ports;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real node processes of the distribution that start in unusual ways. */
@Timeout(600)
class StartIT {
  private static final long SILENCE_SECONDS = 120;
  private static final int BLOCKS = 40;

  /** With digits, calendars and letters of their own. */
  private static final List<List<String>> LOCALES =
      List.of(
          List.of("-Duser.language=ar", "-Duser.country=EG"),
          List.of("-Duser.language=fa", "-Duser.country=IR"),
          List.of("-Duser.language=tr", "-Duser.country=TR", "-Duser.extensions=u-nu-thai"));

  @TempDir private Path directory;

  private final List<NodeProcess> nodes = new ArrayList<>();
  private final RunHistory history = new RunHistory(BLOCKS);
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final FleetPlan plan = new FleetPlan(3, 256, "tcp", 128, Optional.empty(), List.of());

  private record Event(int node, ObjectNode body) {
    boolean is(String name) {
      return body.path("event").asText().equals(name);
    }
  }

  @AfterEach
  void endEverything() {
    nodes.forEach(NodeProcess::kill);
    nodes.forEach(NodeProcess::awaitEnd);
  }

  @Test
  void nodesOfDifferentLocalesAreOneClusterAndRecoverEachOther() throws Exception {
    List<Address> addresses = Address.loopback(Ports.free(3));
    for (int node = 0; node < 3; node++) {
      start(node, addresses, LOCALES.get(node));
    }
    awaitAll(Set.of(0, 1, 2), "up");
    for (int node = 0; node < 3; node++) {
      nodes.get(node).tell(new ChaosSettings(node + 1, BLOCKS, 3, 300, 7).toCommand());
      nodes.get(node).tell(Json.command("start"));
    }
    awaitAll(Set.of(0, 1, 2), "progress");
    nodes.get(2).kill();
    awaitAll(Set.of(2), NodeProcess.EXITED);
    history.ended(2, 1);
    await(
        Set.of(0, 1),
        event ->
            event.is("recovery") && Json.nodes(event.body(), "members").equals(NodeSet.of(0, 1)));
    for (int node = 0; node < 2; node++) {
      nodes.get(node).tell(Json.command("stop"));
    }
    awaitAll(Set.of(0, 1), "done");
    for (int node = 0; node < 2; node++) {
      nodes.get(node).tell(Json.command("audit"));
    }
    awaitAll(Set.of(0, 1), "audited");
    Violations violations = new Violations();
    history.judge(violations);
    assertEquals(List.of(), violations.first());
  }

  @Test
  void aNodeThatIsToldToEndWhileItWaitsForOthersLeavesNoLog() throws Exception {
    start(0, Address.loopback(Ports.free(3)), List.of());
    while (logs().isEmpty()) {
      assertTrue(ProcessHandle.of(nodes.getFirst().pid()).isPresent(), () -> log(0));
      Thread.onSpinWait();
    }
    nodes.getFirst().signal(Signal.TERM);
    awaitAll(Set.of(0), NodeProcess.EXITED);
    assertEquals(Set.of(), logs(), () -> log(0));
  }

  /** The directories of redo logs. */
  private Set<String> logs() throws IOException {
    Path redo = directory.resolve("blocks").resolve("redo");
    Set<String> logs = new TreeSet<>();
    if (Files.isDirectory(redo)) {
      try (Stream<Path> entries = Files.list(redo)) {
        entries
            .filter(Files::isDirectory)
            .forEach(entry -> logs.add(entry.getFileName().toString()));
      }
    }
    return logs;
  }

  private void start(int node, List<Address> addresses, List<String> options) throws IOException {
    Path config = directory.resolve("node-" + node + ".conf");
    Files.writeString(config, plan.configOf(node, addresses, directory.resolve("blocks")));
    List<String> command =
        new ArrayList<>(
            DistributionCommand.of(directory, List.of("node", "-c", config.toString(), "--agent")));
    command.addAll(1, options);
    nodes.add(
        NodeProcess.start(
            node,
            command,
            directory.resolve("node-" + node + ".log"),
            (index, body) -> {
              if (history.enter(index, 1, body) < 0) {
                events.add(new Event(index, body));
              }
            }));
  }

  private void awaitAll(Set<Integer> of, String name) throws InterruptedException {
    await(of, event -> event.is(name));
  }

  /** Waits until each of some nodes has said something. */
  private void await(Set<Integer> of, Predicate<Event> wanted) throws InterruptedException {
    Set<Integer> missing = new TreeSet<>(of);
    while (!missing.isEmpty()) {
      Event event =
          Optional.ofNullable(events.poll(SILENCE_SECONDS, TimeUnit.SECONDS))
              .orElseThrow(() -> new AssertionError("no word from " + missing));
      if (wanted.test(event)) {
        missing.remove(event.node());
      }
      assertTrue(!event.is("failed"), () -> event + log(event.node()));
    }
  }

  private String log(int node) {
    try {
      return "\n" + Files.readString(directory.resolve("node-" + node + ".log"));
    } catch (IOException e) {
      return "\n" + e;
    }
  }
}
