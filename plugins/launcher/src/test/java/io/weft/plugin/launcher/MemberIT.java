// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.MemberErrors;
import io.weft.api.NodeSet;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.fleet.FleetPlan.Address;
import io.weft.plugin.workload.fleet.NodeProcess;
import io.weft.plugin.workload.fleet.Ports;
import io.weft.plugin.workload.shared.Json;
import io.weft.spi.membership.MembershipErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that change while real processes of the distribution run. */
@Timeout(600)
class MemberIT {
  private static final long SILENCE_SECONDS = 120;

  @TempDir private Path directory;

  private final List<NodeProcess> nodes = new ArrayList<>();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  /** What has been said and not been awaited yet. */
  private final List<Event> seen = new ArrayList<>();

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
  void aNodeThatNoFileKnewJoinsAndIsTakenOutAgain() throws Exception {
    List<Address> addresses = Address.loopback(Ports.free(4));
    for (int node = 0; node < 3; node++) {
      write(node, new FleetPlan(3, 256, "tcp", 128, Optional.empty(), List.of()), addresses);
      start(node);
    }
    for (int node = 0; node < 3; node++) {
      await(node, event -> event.is("up"));
    }
    assertEquals(3, member(0, "list").path("members").size());
    refused(MemberErrors.MEMBER_EXISTS.number(), "add", "1", "localhost:9");
    refused(MemberErrors.MEMBER_RUNS.number(), "remove", "1");
    refused(MemberErrors.BAD_MEMBER.number(), "add", "1024", "localhost:9");

    String address = addresses.get(3).host() + ":" + addresses.get(3).port();
    JsonNode added = member(0, "add", "3", address);
    assertEquals(4, added.path("members").size());
    assertEquals(1, added.path("version").asInt());
    writeAlone(3, addresses.get(3));
    start(3);
    await(3, event -> event.is("up"));
    await(
        3,
        event ->
            event.is("recovery") && Json.nodes(event.body(), "members").equals(NodeSet.ofFirst(4)));

    nodes.get(3).tell(Json.command("quit"));
    await(3, event -> event.is(NodeProcess.EXITED));
    JsonNode removed = member(0, "remove", "3");
    assertEquals(3, removed.path("members").size());
    assertEquals(3, removed.path("removed").path(0).asInt());
    assertEquals(removed, member(0, "list"));
    Process again =
        new ProcessBuilder(DistributionCommand.of(directory, List.of("node", "-c", config(3))))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("again.log").toFile())
            .start();
    assertEquals(ExitCode.FAILURE, again.waitFor());
    String log = Files.readString(directory.resolve("again.log"));
    assertTrue(log.contains("WEFT-" + MembershipErrors.MEMBER_REMOVED.number()), log);
  }

  private String config(int node) {
    return directory.resolve("node-" + node + ".conf").toString();
  }

  private void write(int node, FleetPlan plan, List<Address> addresses) throws IOException {
    Files.writeString(
        Path.of(config(node)), plan.configOf(node, addresses, directory.resolve("blocks")));
  }

  /** A configuration that names the storage, and of the nodes its own alone. */
  private void writeAlone(int node, Address address) throws IOException {
    FleetPlan alone =
        new FleetPlan(
            0,
            256,
            "tcp",
            128,
            Optional.empty(),
            List.of(
                "weft.members = [ { id = %d, host = \"%s\", port = %d } ]"
                    .formatted(node, address.host(), address.port())));
    write(node, alone, List.of());
  }

  private void start(int node) throws IOException {
    nodes.add(
        NodeProcess.start(
            node,
            DistributionCommand.of(directory, List.of("node", "-c", config(node), "--agent")),
            directory.resolve("node-" + node + ".log"),
            (index, body) -> events.add(new Event(index, body))));
  }

  /** Waits for an event of a node; what others say meanwhile is kept for later. */
  private void await(int node, Predicate<Event> wanted) throws Exception {
    Optional<Event> found = Optional.empty();
    while (found.isEmpty()) {
      found = seen.stream().filter(event -> event.node() == node && wanted.test(event)).findFirst();
      if (found.isEmpty()) {
        Event event =
            Optional.ofNullable(events.poll(SILENCE_SECONDS, TimeUnit.SECONDS))
                .orElseThrow(() -> new AssertionError("no word from n" + node));
        assertTrue(!event.is("failed"), event + "\n" + log(event.node()));
        seen.add(event);
      }
    }
    seen.remove(found.orElseThrow());
  }

  private String log(int node) throws IOException {
    return Files.readString(directory.resolve("node-" + node + ".log"));
  }

  private JsonNode member(int exitCode, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("member"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--json", "-c", config(0)));
    Path out = directory.resolve("out.json");
    Process process =
        new ProcessBuilder(DistributionCommand.of(directory, command))
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve("err.txt").toFile())
            .start();
    int code = process.waitFor();
    String text = Files.readString(out);
    assertEquals(exitCode, code, text + Files.readString(directory.resolve("err.txt")));
    return new ObjectMapper().readTree(text);
  }

  private void refused(int number, String... arguments) throws Exception {
    JsonNode error = member(ExitCode.FAILURE, arguments);
    String all = error + Files.readString(directory.resolve("err.txt"));
    assertTrue(all.contains(String.valueOf(number)), all);
  }
}
