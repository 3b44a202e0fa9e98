// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills, pauses and restarts real node processes of the distribution. */
@Timeout(600)
class FailoverIT {
  /** The longest time without a word from any process. */
  private static final long SILENCE_SECONDS = 120;

  /**
   * So long that a busy machine does not take a healthy node for a dead one. A killed process is
   * known to be dead without waiting for either.
   */
  private static final List<String> PATIENCE =
      List.of("weft.membership.lease = 10 s", "weft.failure-detector.phi.acceptable-pause = 8 s");

  private static final int BLOCKS = 40;
  private static final int SLEEPER = 2;

  @TempDir private Path directory;

  private final List<Process> commands = new ArrayList<>();
  private final List<NodeProcess> nodes = new ArrayList<>();

  private record Event(int node, ObjectNode body) {}

  @AfterEach
  void endEverything() {
    for (Process command : commands) {
      command.descendants().forEach(ProcessHandle::destroyForcibly);
      command.destroyForcibly();
    }
    nodes.forEach(NodeProcess::kill);
    nodes.forEach(NodeProcess::awaitEnd);
  }

  @Test
  void threeNodesOutliveOneOfThemAndTakeItBack() throws Exception {
    ObjectNode json = proved("demo", "--kill", "--seconds", "6", "--accounts", "600", "--json");

    assertEquals(3, json.path("nodes").asInt());
    assertEquals(1, json.path("kills").asInt());
    assertEquals(1, json.path("restarts").asInt());
    assertEquals(0, json.path("lostChanges").asLong());
    assertTrue(json.path("operations").asLong() > 0);
    assertTrue(json.path("recoveredMillis").asDouble() > 0);
  }

  @Test
  void twoNodesOutliveTheLossOfEither() throws Exception {
    for (String victim : List.of("0", "1")) {
      ObjectNode json =
          proved(
              "demo",
              "--kill",
              victim,
              "--nodes",
              "2",
              "--seconds",
              "3",
              "--accounts",
              "200",
              "--json");

      assertEquals(2, json.path("nodes").asInt());
      assertEquals(0, json.path("lostChanges").asLong());
    }
  }

  @Test
  void withoutAQuorumEveryNodeStopsAndNothingIsLost() throws Exception {
    ObjectNode json =
        proved(
            "chaos",
            "--break-quorum",
            "--minutes",
            "0.1",
            "--rate",
            "600",
            "--lease",
            "10000",
            "--json");

    assertEquals(2, json.path("kills").asInt());
    assertEquals(1, json.path("stops").size(), json::toString);
    assertTrue(json.path("stops").fieldNames().next().contains("QUORUM_LOST"), json::toString);
    assertEquals(0, json.path("lostChanges").asLong());
  }

  @Test
  void nothingIsLostWhileStorageAndClocksFail() throws Exception {
    ObjectNode json =
        proved(
            "chaos",
            "--faults",
            "kill,pause,leave,disk-full,eio,power,clock",
            "--minutes",
            "0.4",
            "--rate",
            "600",
            "--seed",
            "3",
            "--json");

    assertTrue(json.path("faults").size() > 0, json::toString);
    assertEquals(0, json.path("lostChanges").asLong());
    assertTrue(json.path("operations").asLong() > 0);
  }

  /** A force of the redo logs that does nothing: what must be found then is found. */
  @Test
  void aLossOfPowerIsNoticedIfNothingWasForced() throws Exception {
    Path errors = directory.resolve("errors");
    List<String> all =
        new ArrayList<>(
            List.of("chaos", "--faults", "power", "--minutes", "0.1", "--rate", "600", "--json"));
    PATIENCE.forEach(line -> all.addAll(List.of("--set", line)));
    all.addAll(List.of("--set", "weft.faults.faulty.lie-about-force = segment-"));
    all.addAll(List.of("--set", "weft.form-timeout = 5 s"));
    Process process = new ProcessBuilder(command(all)).redirectError(errors.toFile()).start();
    commands.add(process);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(1, process.waitFor(), () -> out + "\n" + read(errors));
    boolean lost =
        Json.parse(out).filter(json -> json.path("lostChanges").asLong() > 0).isPresent();
    assertTrue(
        lost || read(errors).contains("no cold start, so nothing is proved"),
        () -> out + "\n" + read(errors));
  }

  /** The others cannot kill it here, as on another host: they wait for its lease to be over. */
  @Test
  void aPausedNodeThatWakesUpAfterItsEvictionChangesNothingAndSaysWhyItStops() throws Exception {
    RunHistory history = new RunHistory(BLOCKS);
    BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    startNodes(history, events);
    await(events, 3, event -> is(event, "up"));
    for (int node = 0; node < 3; node++) {
      nodes.get(node).tell(new ChaosSettings(node + 1, BLOCKS, 3, 600, 7).toCommand());
    }
    await(events, 3, event -> is(event, "ready"));
    nodes.forEach(node -> node.tell(Json.command("start")));
    await(events, 3, event -> is(event, "progress"));

    nodes.get(SLEEPER).signal(Signal.STOP);
    await(events, 2, FailoverIT::hasCompletedAViewWithoutTheSleeper);
    for (int node = 0; node < SLEEPER; node++) {
      nodes.get(node).tell(Json.command("stop"));
      nodes.get(node).tell(Json.command("write-back"));
    }
    await(events, 2, event -> is(event, "written-back"));
    Map<Path, Long> before = fingerprints();
    nodes.get(SLEEPER).signal(Signal.CONT);
    Event reason = await(events, 1, event -> event.node() == SLEEPER && isReason(event)).getFirst();
    nodes.get(SLEEPER).tell(Json.command("quit"));
    Event end =
        await(events, 1, event -> event.node() == SLEEPER && is(event, NodeProcess.EXITED))
            .getFirst();
    Map<Path, Long> after = fingerprints();

    // The others may have deleted its redo meanwhile, when they needed it no more.
    before.keySet().retainAll(after.keySet());
    assertEquals(before, after);
    assertTrue(after.keySet().stream().anyMatch(file -> file.toString().startsWith("blocks-")));
    String code = reason.body().path("code").asText();
    assertTrue(code.contains("EVICTED"), code);
    assertNotEquals(0, end.body().path("code").asInt());
    history.ended(SLEEPER, 1);
    for (int node = 0; node < SLEEPER; node++) {
      nodes.get(node).tell(Json.command("audit"));
    }
    await(events, 2, event -> is(event, "audited"));
    Violations violations = new Violations();
    history.judge(violations);
    assertEquals(List.of(), violations.first());
  }

  private static boolean is(Event event, String name) {
    return event.body().path("event").asText().equals(name);
  }

  private static boolean isReason(Event event) {
    return is(event, "failed") && !event.body().path("code").asText().contains("NODE_STOPPED");
  }

  private static boolean hasCompletedAViewWithoutTheSleeper(Event event) {
    return is(event, "recovery")
        && event.body().path("phase").asText().equals("COMPLETE")
        && Json.nodes(event.body(), "members").equals(NodeSet.ofFirst(SLEEPER));
  }

  /** Waits for the first such event of so many nodes. */
  private List<Event> await(BlockingQueue<Event> events, int count, Predicate<Event> wanted)
      throws InterruptedException {
    Map<Integer, Event> found = new TreeMap<>();
    while (found.size() < count) {
      Event event =
          Optional.ofNullable(events.poll(SILENCE_SECONDS, TimeUnit.SECONDS))
              .orElseThrow(() -> new AssertionError("no word from anybody"));
      if (wanted.test(event)) {
        found.putIfAbsent(event.node(), event);
      } else if (event.node() != SLEEPER) {
        assertTrue(
            !is(event, "failed") && !is(event, NodeProcess.EXITED),
            () -> event + log(event.node()));
      }
    }
    return List.copyOf(found.values());
  }

  private void startNodes(RunHistory history, BlockingQueue<Event> events) throws IOException {
    List<String> settings = new ArrayList<>(PATIENCE);
    settings.add("weft.membership.kill = false");
    FleetPlan plan = new FleetPlan(3, 256, "tcp", 128, Optional.empty(), settings);
    List<Address> addresses = Address.loopback(Ports.free(3));
    for (int node = 0; node < 3; node++) {
      Path config = directory.resolve("node-" + node + ".conf");
      Files.writeString(config, plan.configOf(node, addresses, blocks()));
      nodes.add(
          NodeProcess.start(
              node,
              command(List.of("node", "-c", config.toString(), "--agent")),
              logFile(node),
              (index, body) -> {
                if (history.enter(index, 1, body) < 0) {
                  events.add(new Event(index, body));
                }
              }));
    }
  }

  private Path blocks() {
    return directory.resolve("blocks");
  }

  private Path logFile(int node) {
    return directory.resolve("node-" + node + ".log");
  }

  private String log(int node) {
    try {
      return "\n" + Files.readString(logFile(node));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /**
   * Checksums of the blocks and of the sleeper's redo. Not of the empty file {@code .deleted} that
   * the others leave for a log when they delete it.
   */
  private Map<Path, Long> fingerprints() throws IOException {
    Map<Path, Long> sums = new HashMap<>();
    try (Stream<Path> files = Files.walk(blocks())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path path = blocks().relativize(file);
        boolean ofSleeper =
            path.startsWith("redo")
                && path.toString().contains("n" + SLEEPER)
                && !path.toString().endsWith(".deleted");
        if (ofSleeper || path.toString().startsWith("blocks-")) {
          CRC32C sum = new CRC32C();
          sum.update(Files.readAllBytes(file));
          sums.put(path, sum.getValue());
        }
      }
    }
    return sums;
  }

  /** The last line of a command that must end well, after which nothing is left. */
  private ObjectNode proved(String... arguments) throws Exception {
    Path errors = directory.resolve("errors-" + commands.size());
    List<String> all = new ArrayList<>(List.of(arguments));
    PATIENCE.forEach(line -> all.addAll(List.of("--set", line)));
    Process process = new ProcessBuilder(command(all)).redirectError(errors.toFile()).start();
    commands.add(process);
    List<String> out =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    int code = process.waitFor();

    assertEquals(0, code, () -> out + "\n" + read(errors));
    assertEquals(1, out.size());
    assertEquals(0, process.descendants().count());
    ObjectNode json = Json.parse(out.getFirst()).orElseThrow();
    assertEquals(0, json.path("violations").asLong());
    return json;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private List<String> command(List<String> arguments) throws IOException {
    return DistributionCommand.of(directory, arguments);
  }
}
