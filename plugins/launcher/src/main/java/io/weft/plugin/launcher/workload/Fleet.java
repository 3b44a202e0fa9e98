// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * The nodes of a run, each in a process of its own. Used by one thread; {@link #close} comes from
 * any, at any time, and leaves no process behind.
 */
final class Fleet implements AutoCloseable {
  /** Longest time between the start of the processes and the last node being up. */
  private static final Duration START = Duration.ofSeconds(90);

  /** Nodes report their progress several times a second; this long without a word is an error. */
  static final Duration SILENCE = Duration.ofSeconds(60);

  /** After the first bad news, more is waited for: the first to speak is not always the cause. */
  private static final Duration AFTERMATH = Duration.ofSeconds(2);

  private static final long TICK_MS = 100;
  private static final int START_ATTEMPTS = 3;
  private static final int LOG_LINES = 12;
  private static final String PORT_IN_USE = "PORT_IN_USE";

  private final FleetPlan plan;
  private final RunDirectory directory;
  private final Clock clock;
  private final List<NodeProcess> processes = new ArrayList<>();
  private BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Map<Integer, ObjectNode> latest = new TreeMap<>();
  private boolean closed;
  private int contentBytes;

  /** Makes a fleet without processes. */
  Fleet(FleetPlan plan, RunDirectory directory, Clock clock) {
    this.plan = plan;
    this.directory = directory;
    this.clock = clock;
  }

  /** Something that a node said, or that happened to it. */
  private record Event(int node, ObjectNode body) {
    String name() {
      return body.path("event").asText();
    }

    boolean isBad() {
      return name().equals("failed")
          || name().equals("unreachable")
          || name().equals(NodeProcess.EXITED);
    }
  }

  /**
   * Starts all processes and waits until their nodes are up.
   *
   * @param tick called while waiting, at least ten times a second
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED}
   */
  void start(Runnable tick) {
    for (int attempt = 1; ; attempt++) {
      startProcesses();
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

  /** What a block holds, as the nodes say; known once they are up. */
  int contentBytes() {
    return contentBytes;
  }

  /** Sends a command to all nodes. */
  void tellAll(IntFunction<ObjectNode> command) {
    List<NodeProcess> all;
    synchronized (processes) {
      all = List.copyOf(processes);
    }
    for (int node = 0; node < all.size(); node++) {
      all.get(node).tell(command.apply(node));
    }
  }

  /** Sends the same command to all nodes and waits until each has answered. */
  List<ObjectNode> ask(String command, String answer, Runnable tick) {
    tellAll(_ -> Json.command(command));
    return await(answer, SILENCE, tick);
  }

  /**
   * Waits for an event of each node.
   *
   * @param name of the event
   * @param silence how long no node at all may say anything
   * @param tick called while waiting
   * @return the events, in the order of the nodes
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED} if a node reports a failure, ends, or
   *     all are silent
   */
  List<ObjectNode> await(String name, Duration silence, Runnable tick) {
    Map<Integer, ObjectNode> answers = new TreeMap<>();
    long lastNs = clock.nanoTime();
    while (answers.size() < plan.nodes()) {
      Event event = poll();
      if (event == null) {
        if (clock.nanoTime() - lastNs > silence.toNanos()) {
          throw silent(name, silence, answers);
        }
      } else {
        lastNs = clock.nanoTime();
        if (event.name().equals(name) && !isCrash(event)) {
          answers.put(event.node(), event.body());
        } else if (event.isBad()) {
          throw failed(event);
        } else {
          latest.put(event.node(), event.body());
        }
      }
      tick.run();
    }
    return List.copyOf(answers.values());
  }

  /** The last progress of each node that has reported any. */
  List<ObjectNode> latest() {
    return List.copyOf(latest.values());
  }

  /** Lets all nodes leave as planned and waits until their processes have ended well. */
  void quit(Runnable tick) {
    tellAll(_ -> Json.command("quit"));
    await(NodeProcess.EXITED, SILENCE, tick);
  }

  /** Kills what still runs. */
  @Override
  public void close() {
    synchronized (processes) {
      closed = true;
      killAll();
    }
  }

  private void startProcesses() {
    // A new queue for each attempt: the last words of the one before mean nothing.
    BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    events = queue;
    List<Integer> ports = Ports.free(plan.nodes());
    for (int node = 0; node < plan.nodes(); node++) {
      try {
        Files.writeString(directory.config(node), plan.configOf(node, ports, directory.blocks()));
        List<String> command =
            JvmCommand.forNode(
                plan.heapMiB(),
                List.of("node", "-c", directory.config(node).toString(), "--agent"));
        synchronized (processes) {
          if (closed) {
            throw new WeftException(WorkloadErrors.NODE_FAILED, "the run was ended from outside");
          }
          processes.add(
              NodeProcess.start(
                  node,
                  command,
                  directory.log(node),
                  (index, body) -> queue.add(new Event(index, body))));
        }
      } catch (IOException e) {
        killAll();
        throw new WeftException(
            WorkloadErrors.NODE_FAILED, "cannot start node " + node + ": " + e, e);
      }
    }
  }

  private void killAll() {
    synchronized (processes) {
      processes.forEach(NodeProcess::kill);
      processes.forEach(NodeProcess::awaitEnd);
      processes.clear();
    }
  }

  private Event poll() {
    try {
      return events.poll(TICK_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WeftException(WorkloadErrors.NODE_FAILED, "interrupted while nodes work", e);
    }
  }

  private static boolean isCrash(Event event) {
    return event.name().equals(NodeProcess.EXITED) && event.body().path("code").asInt() != 0;
  }

  private WeftException silent(String name, Duration silence, Map<Integer, ObjectNode> answers) {
    TreeSet<Integer> missing = new TreeSet<>();
    for (int node = 0; node < plan.nodes(); node++) {
      if (!answers.containsKey(node)) {
        missing.add(node);
      }
    }
    return new WeftException(
        WorkloadErrors.NODE_FAILED,
        "no word for "
            + silence.toSeconds()
            + " s while waiting for '"
            + name
            + "' of nodes "
            + missing
            + logs(missing));
  }

  private WeftException failed(Event first) {
    List<Event> bad = new ArrayList<>(List.of(first));
    long untilNs = clock.nanoTime() + AFTERMATH.toNanos();
    while (bad.size() < 3 * plan.nodes() && untilNs - clock.nanoTime() > 0) {
      Event event = poll();
      if (event != null && event.isBad()) {
        bad.add(event);
      }
    }
    // Processes that were killed or crashed first, then those that tell of it.
    bad.sort((a, b) -> Boolean.compare(wasKilled(b), wasKilled(a)));
    StringBuilder text = new StringBuilder();
    TreeSet<Integer> nodes = new TreeSet<>();
    for (Event event : bad) {
      nodes.add(event.node());
      text.append(text.isEmpty() ? "" : "; ").append(describe(event));
    }
    return new WeftException(WorkloadErrors.NODE_FAILED, text + logs(nodes));
  }

  private static boolean wasKilled(Event event) {
    return event.name().equals(NodeProcess.EXITED) && event.body().path("code").asInt() > 128;
  }

  private String describe(Event event) {
    ObjectNode body = event.body();
    String node = "node " + event.node();
    return switch (event.name()) {
      case NodeProcess.EXITED ->
          node + " ended with exit code " + body.path("code").asInt() + signal(event);
      case "failed" ->
          node + " failed: " + body.path("code").asText() + ": " + body.path("message").asText();
      default -> node + " is unreachable: " + body.path("message").asText();
    };
  }

  private static String signal(Event event) {
    int code = event.body().path("code").asInt();
    return code > 128 ? " (signal " + (code - 128) + ")" : "";
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
  List<Long> pids() {
    synchronized (processes) {
      return processes.stream().map(NodeProcess::pid).toList();
    }
  }
}
