// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.NodeSet;
import io.weft.plugin.workload.chaos.ChaosSettings;
import io.weft.plugin.workload.chaos.RunHistory;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.fleet.FleetPlan.Address;
import io.weft.plugin.workload.fleet.NodeProcess;
import io.weft.plugin.workload.network.NodeNetwork;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Nodes of the distribution at work on the same blocks, in a network that can be cut, and what they
 * have said of themselves. Used by one thread.
 */
final class CutCluster implements AutoCloseable {
  /** The longest time without a word from any process. */
  private static final long SILENCE_SECONDS = 120;

  private static final int BLOCKS = 40;
  private static final int PORT = 7000;

  private final Path directory;
  private final FleetPlan plan;
  private final NodeNetwork network;
  private final RunHistory history = new RunHistory(BLOCKS);
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<Life> lives = new ArrayList<>();
  private int started;

  private record Event(Life life, ObjectNode body) {
    String name() {
      return body.path("event").asText();
    }
  }

  /** One process of a node, as far as it has told. */
  static final class Life {
    private final int node;
    private final int number;
    private Optional<NodeProcess> process = Optional.empty();
    private Optional<String> reason = Optional.empty();
    private boolean exited;
    private NodeSet completeMembers = NodeSet.NONE;
    private int progress;
    private int audits;
    private boolean done;

    private Life(int node, int number) {
      this.node = node;
      this.number = number;
    }

    /** The code of the reason for which it has stopped. */
    Optional<String> reason() {
      return reason;
    }

    /** Whether everybody serves in a view of just these nodes. */
    boolean isSettledIn(Collection<Integer> members) {
      return completeMembers.equals(
          NodeSet.of(members.stream().mapToInt(Integer::intValue).toArray()));
    }
  }

  /** Starts so many nodes and their work. */
  CutCluster(Path directory, NodeNetwork network, int nodes, List<String> settings)
      throws Exception {
    this.directory = directory;
    this.network = network;
    plan = new FleetPlan(nodes, 256, "tcp", 128, Optional.empty(), settings);
    for (int node = 0; node < nodes; node++) {
      lives.add(launch(node));
    }
    await(() -> allSettled());
  }

  /** All nodes. */
  List<Integer> nodes() {
    return IntStream.range(0, plan.nodes()).boxed().toList();
  }

  Life life(int node) {
    return lives.get(node);
  }

  private boolean allSettled() {
    return lives.stream().allMatch(life -> life.isSettledIn(nodes()) && life.progress > 0);
  }

  private Life launch(int node) throws IOException {
    List<Address> addresses =
        nodes().stream().map(id -> new Address(network.host(id), PORT)).toList();
    Path config = directory.resolve("node-" + node + ".conf");
    Files.writeString(config, plan.configOf(node, addresses, directory.resolve("blocks")));
    List<String> command =
        DistributionCommand.of(directory, List.of("node", "-c", config.toString(), "--agent"));
    Life life = new Life(node, ++started);
    NodeProcess process =
        NodeProcess.start(
            node,
            network.inside(node, command),
            log(node),
            (_, body) -> {
              if (history.enter(node, life.number, body) < 0) {
                events.add(new Event(life, body));
              }
            });
    life.process = Optional.of(process);
    return life;
  }

  private Path log(int node) {
    return directory.resolve("node-" + node + ".log");
  }

  /** Takes what the nodes say until something holds. None may fail that is not allowed to. */
  void await(BooleanSupplier holds, Integer... mayStop) throws Exception {
    while (!holds.getAsBoolean()) {
      Event event =
          Optional.ofNullable(events.poll(SILENCE_SECONDS, TimeUnit.SECONDS))
              .orElseThrow(() -> new AssertionError("no word from anybody"));
      take(event);
      boolean bad = event.name().equals("failed") || event.name().equals(NodeProcess.EXITED);
      if (bad && !List.of(mayStop).contains(event.life().node)) {
        throw new AssertionError(event.body() + "\n" + Files.readString(log(event.life().node)));
      }
    }
  }

  private void take(Event event) {
    Life life = event.life();
    switch (event.name()) {
      case "up" -> {
        life.process.orElseThrow().tell(work(life));
        life.process.orElseThrow().tell(Json.command("start"));
      }
      case "recovery" ->
          life.completeMembers =
              event.body().path("phase").asText().equals("COMPLETE")
                  ? Json.nodes(event.body(), "members")
                  : NodeSet.NONE;
      case "progress" -> life.progress++;
      case "done" -> life.done = true;
      case "audited" -> life.audits++;
      case "failed" -> {
        String code = event.body().path("code").asText();
        if (!code.contains("NODE_STOPPED") && life.reason.isEmpty()) {
          life.reason = Optional.of(code);
          life.process.orElseThrow().tell(Json.command("quit"));
        }
      }
      case NodeProcess.EXITED -> {
        life.exited = true;
        history.ended(life.node, life.number);
      }
      default -> {}
    }
  }

  private static ObjectNode work(Life life) {
    return new ChaosSettings(life.number, BLOCKS, 3, 300, 7).toCommand();
  }

  /** Waits until some work of these nodes from now on is done. */
  void awaitWork(Collection<Integer> of, Integer... mayStop) throws Exception {
    List<Integer> before = of.stream().map(node -> life(node).progress).toList();
    List<Integer> list = List.copyOf(of);
    await(
        () ->
            IntStream.range(0, list.size())
                .allMatch(i -> life(list.get(i)).progress > before.get(i) + 1),
        mayStop);
  }

  /** Waits for the end of a node that has stopped, and starts it again: all work together then. */
  void restart(int node) throws Exception {
    await(() -> life(node).exited, node);
    lives.set(node, launch(node));
    await(this::allSettled);
  }

  /** Ends the work, has every node read every block, and judges all that any node has seen. */
  void prove() throws Exception {
    lives.forEach(life -> life.process.orElseThrow().tell(Json.command("stop")));
    await(() -> lives.stream().allMatch(life -> life.done));
    lives.forEach(life -> life.process.orElseThrow().tell(Json.command("audit")));
    await(() -> lives.stream().allMatch(life -> life.audits > 0));
    Violations violations = new Violations();
    history.judge(violations);
    assertEquals(List.of(), violations.first());
  }

  @Override
  public void close() {
    List<NodeProcess> processes = lives.stream().flatMap(life -> life.process.stream()).toList();
    processes.forEach(NodeProcess::kill);
    processes.forEach(NodeProcess::awaitEnd);
  }
}
