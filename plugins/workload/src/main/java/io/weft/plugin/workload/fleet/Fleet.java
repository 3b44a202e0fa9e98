// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import io.weft.plugin.faults.PowerLoss;
import io.weft.plugin.workload.fleet.FleetPlan.Address;
import io.weft.plugin.workload.network.NodeNetwork;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The nodes of a run, each in a process of its own, which may be killed and launched again. Used by
 * one thread. {@link #close} may be called by any thread at any time, and leaves no process
 * running.
 */
public final class Fleet implements AutoCloseable {
  /**
   * Longest silence of all nodes while they start. Generous: a node that cannot become a member
   * says so itself, after {@code weft.form-timeout}, and busy machines start processes slowly.
   */
  private static final Duration START = Duration.ofMinutes(4);

  /**
   * Longest silence of a node. Nodes report their progress every second, so a longer silence is an
   * error.
   */
  public static final Duration SILENCE = Duration.ofSeconds(60);

  /** Time to wait for further failures after the first one, which is not always the cause. */
  private static final Duration AFTERMATH = Duration.ofSeconds(2);

  /** Longest time between two calls of a tick: 100 ms. */
  private static final long TICK_MS = 100;

  /** Attempts to start a node whose port is in use. */
  private static final int START_ATTEMPTS = 3;

  /** Lines of a node's log in messages. */
  private static final int LOG_LINES = 12;

  private static final String PORT_IN_USE = "PORT_IN_USE";

  private final FleetPlan plan;
  private final NodeCommandLine command;
  private final RunDirectory directory;
  private final Optional<NodeNetwork> network;
  private final Clock clock;
  private final Watcher watcher;

  /** The processes by node; guarded by itself. Null if never started. */
  private final NodeProcess[] processes;

  private final BlockingQueue<NodeEvent> events = new LinkedBlockingQueue<>();
  private final Map<Integer, ObjectNode> latest = new TreeMap<>();
  private final RecoveryWatch recovery = new RecoveryWatch();

  /** Number of starts of each node. Events of earlier processes are dropped. */
  private final int[] lives;

  /** Nodes whose end is expected. */
  private final Set<Integer> absent = new TreeSet<>();

  private List<Address> addresses = List.of();
  private boolean closed;
  private int contentBytes;

  /**
   * Creates a fleet without processes.
   *
   * @param command starts a node
   * @param network the network of the nodes; empty: the loopback address of this machine
   * @param watcher sees every event first
   */
  public Fleet(
      FleetPlan plan,
      NodeCommandLine command,
      RunDirectory directory,
      Optional<NodeNetwork> network,
      Clock clock,
      Watcher watcher) {
    this.plan = plan;
    this.command = command;
    this.directory = directory;
    this.network = network;
    this.clock = clock;
    this.watcher = watcher;
    processes = new NodeProcess[plan.nodes()];
    lives = new int[plan.nodes()];
  }

  /**
   * Sees events when they arrive, on one thread for each process, before {@link Fleet#next} returns
   * them.
   */
  @FunctionalInterface
  public interface Watcher {
    /** Handles no event. */
    Watcher NONE = (_, _, _) -> false;

    /**
     * An event has arrived.
     *
     * @param life number of the node's start, from 1
     * @return whether the event is handled completely
     */
    boolean saw(int node, int life, ObjectNode event);
  }

  /**
   * Starts all processes and waits until their nodes are up.
   *
   * @param tick called while waiting, at least ten times a second
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED}
   */
  public void start(Runnable tick) {
    for (int attempt = 1; ; attempt++) {
      addresses = newAddresses();
      for (int node = 0; node < plan.nodes(); node++) {
        launch(node);
      }
      try {
        contentBytes = await("up", START, tick).getFirst().path("contentBytes").asInt();
        return;
      } catch (WeftException e) {
        killAll();
        if (attempt == START_ATTEMPTS || !e.getMessage().contains(PORT_IN_USE)) {
          throw e;
        }
      }
    }
  }

  /** Restarts a node whose process has ended, and waits until it is up. */
  public void restart(int node, Runnable tick) {
    for (int attempt = 1; ; attempt++) {
      launch(node);
      try {
        await("up", node, START, tick);
        return;
      } catch (WeftException e) {
        kill(node);
        // The port was not reserved while the node was down.
        if (attempt == START_ATTEMPTS || !e.getMessage().contains(PORT_IN_USE)) {
          throw e;
        }
      }
    }
  }

  /** Starts a node's process, on the port that it had before. */
  public void launch(int node) {
    try {
      Files.writeString(directory.config(node), plan.configOf(node, addresses, directory.blocks()));
      List<String> words = command.of(plan.heapMiB(), directory.config(node));
      synchronized (processes) {
        if (closed) {
          throw new WeftException(
              WorkloadErrors.NODE_FAILED, "the run was ended by another thread");
        }
        int life = ++lives[node];
        absent.remove(node);
        recovery.forget(node);
        processes[node] =
            NodeProcess.start(
                node,
                network.map(own -> own.inside(node, words)).orElse(words),
                directory.log(node),
                (index, body) -> arrived(index, life, body));
      }
    } catch (IOException e) {
      killAll();
      throw new WeftException(
          WorkloadErrors.NODE_FAILED, "cannot start node " + node + ": " + e, e);
    }
  }

  private List<Address> newAddresses() {
    List<Address> free = Address.loopback(Ports.free(plan.nodes()));
    return network
        .map(
            own ->
                IntStream.range(0, plan.nodes())
                    .mapToObj(node -> new Address(own.host(node), free.get(node).port()))
                    .toList())
        .orElse(free);
  }

  private void arrived(int node, int life, ObjectNode body) {
    if (!watcher.saw(node, life, body)) {
      events.add(new NodeEvent(node, life, clock.nanoTime(), body));
    }
  }

  /** Kills a node's process and waits for its end, which is no failure. */
  public void kill(int node) {
    kill(List.of(node));
  }

  /** Kills processes at once and waits for their end, which is no failure. */
  public void kill(List<Integer> nodes) {
    absent.addAll(nodes);
    nodes.forEach(node -> process(node).kill());
    nodes.forEach(node -> process(node).awaitEnd());
    nodes.forEach(recovery::forget);
  }

  /**
   * Simulates a power failure of the machines of some nodes: their processes end at once, a part of
   * their unforced writes is undone, and only then the others continue.
   *
   * @param nodes the nodes that lose power
   * @param others running nodes, which are paused meanwhile
   * @param seed seed of the choice of lost writes
   * @return what was lost
   */
  public PowerLoss.Loss losePower(List<Integer> nodes, List<Integer> others, long seed) {
    others.forEach(node -> process(node).halt());
    try {
      List<Long> pids = nodes.stream().map(node -> process(node).pid()).toList();
      kill(nodes);
      return PowerLoss.strike(directory.undo(), pids, others.isEmpty(), seed);
    } catch (IOException e) {
      throw new WeftException(
          WorkloadErrors.NODE_FAILED, "cannot undo what nodes " + nodes + " have not forced", e);
    } finally {
      others.forEach(node -> signal(node, NodeProcess.Signal.CONT));
    }
  }

  /** Sends a signal to a node. */
  public void signal(int node, NodeProcess.Signal signal) {
    process(node).signal(signal);
  }

  private NodeProcess process(int node) {
    synchronized (processes) {
      return processes[node];
    }
  }

  /** Bytes of a block's content, as reported by the nodes; known once they are up. */
  public int contentBytes() {
    return contentBytes;
  }

  /** Sends a command to all present nodes. */
  public void tellAll(IntFunction<ObjectNode> command) {
    for (int node : present()) {
      tell(node, command.apply(node));
    }
  }

  /** Sends a command to one node. */
  public void tell(int node, ObjectNode command) {
    process(node).tell(command);
  }

  /** Sends the same command to all nodes and waits until each has answered. */
  public List<ObjectNode> ask(String command, String answer, Runnable tick) {
    tellAll(_ -> Json.command(command));
    return await(answer, SILENCE, tick);
  }

  /** The nodes whose end is not expected. */
  public List<Integer> present() {
    List<Integer> nodes = new ArrayList<>();
    for (int node = 0; node < plan.nodes(); node++) {
      if (!absent.contains(node)) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /**
   * Waits for an event of each present node.
   *
   * @param name of the event
   * @param silence longest time without an event of any node
   * @param tick called while waiting
   * @return the events, in the order of the nodes
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED} if a node reports a failure, ends, or
   *     all are silent
   */
  public List<ObjectNode> await(String name, Duration silence, Runnable tick) {
    return List.copyOf(awaitOf(new TreeSet<>(present()), name, silence, tick).values());
  }

  /** As {@link #await(String, Duration, Runnable)}, for the event of one node. */
  public ObjectNode await(String name, int node, Duration silence, Runnable tick) {
    return awaitOf(Set.of(node), name, silence, tick).get(node);
  }

  private Map<Integer, ObjectNode> awaitOf(
      Set<Integer> nodes, String name, Duration silence, Runnable tick) {
    Map<Integer, ObjectNode> answers = new TreeMap<>();
    long lastNs = clock.nanoTime();
    while (answers.size() < nodes.size()) {
      Optional<NodeEvent> next = next();
      if (next.isEmpty()) {
        if (clock.nanoTime() - lastNs > silence.toNanos()) {
          throw silent(name, silence, nodes, answers);
        }
      } else {
        NodeEvent event = next.get();
        lastNs = clock.nanoTime();
        if (event.name().equals(name) && !event.isCrash() && nodes.contains(event.node())) {
          answers.put(event.node(), event.body());
        } else if (event.isBad()) {
          throw failed(event);
        }
      }
      tick.run();
    }
    return answers;
  }

  /**
   * Handles events of the nodes until a condition is true.
   *
   * @param done asked after each event, and at least ten times a second
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED} if a node that is expected to run
   *     fails
   */
  public void follow(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      next()
          .filter(NodeEvent::isBad)
          .ifPresent(
              event -> {
                throw failed(event);
              });
    }
  }

  /**
   * The next event of a present node; empty after a tenth of a second without one, or if it was an
   * outdated one.
   */
  public Optional<NodeEvent> next() {
    Optional<NodeEvent> event =
        Optional.ofNullable(poll())
            .filter(some -> some.life() == lives[some.node()] && !absent.contains(some.node()));
    event.ifPresent(
        some -> {
          recovery.enter(some);
          if (some.name().equals("progress")) {
            latest.put(some.node(), some.body());
          }
        });
    return event;
  }

  /** The view changes reported by the nodes, up to the events taken so far. */
  public RecoveryWatch recovery() {
    return recovery;
  }

  /** Number of nodes. */
  public int nodes() {
    return plan.nodes();
  }

  /** The end of a node's log, to be appended to a message. */
  public String log(int node) {
    return logs(List.of(node));
  }

  /** Number of starts of a node. */
  public int life(int node) {
    return lives[node];
  }

  /** The last progress of each node that has reported any. */
  public List<ObjectNode> latest() {
    return List.copyOf(latest.values());
  }

  /** The last progress of a node, if it has reported any. */
  public List<ObjectNode> latest(int node) {
    return Optional.ofNullable(latest.get(node)).stream().toList();
  }

  /**
   * Orders all nodes to leave as planned, and waits until their processes have ended successfully.
   */
  public void quit(Runnable tick) {
    tellAll(_ -> Json.command("quit"));
    await(NodeProcess.EXITED, SILENCE, tick);
  }

  /** Kills the processes that still run. */
  @Override
  public void close() {
    synchronized (processes) {
      closed = true;
      killAll();
    }
  }

  private void killAll() {
    synchronized (processes) {
      List<NodeProcess> all = Arrays.stream(processes).filter(Objects::nonNull).toList();
      all.forEach(NodeProcess::kill);
      all.forEach(NodeProcess::awaitEnd);
      Arrays.fill(processes, null);
      Arrays.setAll(lives, node -> lives[node] + 1);
    }
  }

  private NodeEvent poll() {
    try {
      return events.poll(TICK_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WeftException(WorkloadErrors.NODE_FAILED, "interrupted while nodes work", e);
    }
  }

  private WeftException silent(
      String name, Duration silence, Set<Integer> nodes, Map<Integer, ObjectNode> answers) {
    TreeSet<Integer> missing = new TreeSet<>(nodes);
    missing.removeAll(answers.keySet());
    return new WeftException(
        WorkloadErrors.NODE_FAILED,
        "no event for "
            + silence.toSeconds()
            + " s while waiting for '"
            + name
            + "' of nodes "
            + missing
            + logs(missing));
  }

  private WeftException failed(NodeEvent first) {
    List<NodeEvent> bad = new ArrayList<>(List.of(first));
    long untilNs = clock.nanoTime() + AFTERMATH.toNanos();
    while (bad.size() < 3 * plan.nodes() && untilNs - clock.nanoTime() > 0) {
      next().filter(NodeEvent::isBad).ifPresent(bad::add);
    }
    // Processes that were killed or crashed first, then those that report it.
    bad.sort((a, b) -> Boolean.compare(b.wasKilled(), a.wasKilled()));
    StringBuilder text = new StringBuilder();
    TreeSet<Integer> nodes = new TreeSet<>();
    for (NodeEvent event : bad) {
      nodes.add(event.node());
      text.append(text.isEmpty() ? "" : "; ").append(event.ending());
    }
    return new WeftException(WorkloadErrors.NODE_FAILED, text + logs(nodes));
  }

  private String logs(Iterable<Integer> nodes) {
    StringBuilder text = new StringBuilder();
    for (int node : nodes) {
      text.append("\n  the log of node ").append(node).append(" ends:");
      directory.logTail(node, LOG_LINES).forEach(line -> text.append("\n    ").append(line));
    }
    return text.toString();
  }

  /** Numbers of the processes in the operating system. */
  public List<Long> pids() {
    synchronized (processes) {
      return Arrays.stream(processes).filter(Objects::nonNull).map(NodeProcess::pid).toList();
    }
  }
}
