// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import io.weft.plugin.workload.chaos.ChaosNode.State;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.fleet.NodeEvent;
import io.weft.plugin.workload.fleet.NodeProcess;
import io.weft.plugin.workload.fleet.NodeProcess.Signal;
import io.weft.plugin.workload.run.DiskBlocks;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.Run;
import io.weft.plugin.workload.run.RunPlan;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.ValueBlock;
import io.weft.plugin.workload.shared.Violations;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * A chaos run, from the start of the nodes to the verdict. It follows the reports of the nodes
 * ({@link ChaosNode} draws their states), and carries out the actions of the nemesis. Used by one
 * thread.
 */
public final class ChaosRun {
  /** Longest time of a cold start of all nodes, including repeated attempts. */
  private static final Duration COLD_START = Duration.ofMinutes(5);

  /** Blocks that each node touches all the time, to measure stalls. */
  private static final int PULSE_BLOCKS = 60;

  /**
   * Consecutive failed starts after which a node is given up; its port may be in use for a moment.
   */
  private static final int MOST_FAILED_STARTS = 5;

  /** Exit code of a process that ended as ordered: 128 plus the number of SIGTERM. */
  private static final int PLANNED_EXIT = 143;

  /** Least operations per second without a disturbance; with fewer, a run proves little. */
  private static final int FLOOR_PER_SECOND = 1000;

  private final Run run;
  private final Fleet fleet;
  private final ChaosPlan plan;
  private final ChaosLedger ledger;
  private final RunHistory history;
  private final Clock clock = Clock.SYSTEM;
  private final Diary diary;
  private final ChaosNodes nodes;
  private final Nemesis nemesis;
  private final NetworkCuts cuts;
  private final ChaosDeeds deeds;
  private final KillEffect effect;
  private final ChaosFigures figures;
  private final Violations violations = new Violations();

  /** Sum of all counters that are updated under global locks, at the end. */
  private long lockedUpdates;

  private int lives;

  /** Whether started nodes get no work any more. */
  private boolean resting;

  /**
   * Runs the whole chaos run.
   *
   * @return the exit code: 0 if no change was lost and all results are consistent, 1 otherwise
   * @throws WeftException if it could not be done
   */
  public static int play(RunPlan runPlan, Output output, ChaosPlan plan) {
    ChaosLedger ledger = new ChaosLedger(plan, Clock.SYSTEM);
    return Run.of(
        runPlan.needing(plan.settings(), plan.cuts()),
        output,
        ledger::enter,
        () -> run -> new ChaosRun(run, plan, ledger).play());
  }

  private ChaosRun(Run run, ChaosPlan plan, ChaosLedger ledger) {
    this.run = run;
    fleet = run.fleet();
    this.plan = plan;
    this.ledger = ledger;
    history = ledger.history();
    diary = new Diary(run.display(), clock);
    nodes = new ChaosNodes(fleet, clock);
    nemesis = new Nemesis(plan.seed(), nodes.count(), plan.deeds(), plan.lease());
    cuts = new NetworkCuts(run::network, clock);
    figures = new ChaosFigures(nodes.count(), plan, ledger);
    effect = new KillEffect(fleet, nodes, figures, clock);
    deeds = new ChaosDeeds(fleet, plan, nodes, cuts, ledger, figures, effect, diary);
  }

  private int play() {
    run.display().say("weft: chaos with seed " + plan.seed());
    run.startNodes();
    for (int node = 0; node < nodes.count(); node++) {
      prepare(node);
    }
    run.display().begin("chaos");
    await(nodes::allWork, "all nodes to work", ChaosNode.PATIENCE);
    nemesis.begin(clock.nanoTime());
    run.startClock();
    long startNs = clock.nanoTime();
    diary.begin(startNs);
    ledger.throughput().begin(startNs);
    if (plan.breaksQuorum()) {
      workFor(plan.length().dividedBy(2));
      breakQuorum();
    } else {
      while (elapsed().compareTo(plan.length()) < 0) {
        step();
        strike();
        effect.feel();
      }
    }
    figures.worked(elapsed().toNanos() / 1e9);
    long endNs = clock.nanoTime();
    deeds.killAll();
    cuts.healAll();
    return conclude(endNs, coldStart());
  }

  private Duration elapsed() {
    return diary.elapsed();
  }

  private void workFor(Duration length) {
    while (elapsed().compareTo(length) < 0) {
      step();
    }
  }

  // ---- events of nodes

  /** Handles events of the nodes, and ends pauses, faults and absences that are due. */
  private void step() {
    fleet.next().ifPresent(this::onEvent);
    long now = clock.nanoTime();
    if (cuts.healDue(now) > 0) {
      diary.say("a cut is healed");
    }
    for (int node = 0; node < nodes.count(); node++) {
      advance(node, now);
    }
    if (!nodes.isCalm()) {
      ledger.throughput().disturb(now);
    }
    show();
  }

  private void advance(int node, long now) {
    ChaosNode slot = nodes.get(node);
    State state = slot.state();
    if (state == State.DOWN && slot.isDue(now)) {
      if (!resting) {
        figures.restarted();
      }
      fleet.launch(node);
      slot.launched(clock.nanoTime());
    } else if (state == State.PAUSED && slot.isDue(now)) {
      fleet.signal(node, Signal.CONT);
      nodes.enter(node, State.AWAKE);
    } else if (state == State.AILING && slot.isDue(now)) {
      slot.relieve();
      nodes.enter(node, State.AWAKE);
    } else if (state == State.AWAKE && slot.inStateNs(now) > settling()) {
      // It has neither ended nor reported a stop: it was not evicted.
      nodes.enter(node, State.WORKING);
      slot.isWell();
    } else if (state != State.WORKING && slot.inStateNs(now) > ChaosNode.PATIENCE.toNanos()) {
      overdue(node);
    }
  }

  /** Longest time until a resumed node knows whether it is still a member. */
  private long settling() {
    return plan.lease().toNanos();
  }

  private void onEvent(NodeEvent event) {
    int node = event.node();
    switch (event.name()) {
      case "up" -> prepare(node);
      case "ready" -> {
        if (!resting) {
          fleet.tell(node, Json.command("start"));
        }
        nodes.get(node).works(clock.nanoTime());
      }
      case "felt" -> effect.felt(event.body());
      case "faulted" -> deeds.onFaulted(node);
      case "failed" -> failed(node, event.body());
      case NodeProcess.EXITED -> exited(node, event.body().path("code").asInt());
      default -> {}
    }
  }

  private void prepare(int node) {
    nodes.enter(node, State.PREPARING);
    fleet.tell(
        node,
        Json.command("pulse")
            .put("node", node)
            .put("nodes", nodes.count())
            .put("blocks", PULSE_BLOCKS));
    fleet.tell(node, settings().toCommand());
  }

  private ChaosSettings settings() {
    return new ChaosSettings(
        ++lives,
        plan.blocks(),
        plan.threads(),
        Math.max(1, plan.rate() / nodes.count()),
        plan.seed());
  }

  private void failed(int node, ObjectNode body) {
    ChaosNode slot = nodes.get(node);
    String code = body.path("code").asText();
    String message = body.path("message").asText();
    if (slot.state() == State.LEAVING || slot.hasToldReason()) {
      return; // The work ends with the node.
    }
    nodes.enter(node, State.ENDING);
    if (code.contains("NODE_STOPPED")) {
      return; // The reason of the stop follows.
    }
    slot.tellsReason();
    figures.stopped(code);
    if (!slot.mayStopFor(code)) {
      violations.add("node " + node + " stopped: " + code + ": " + message);
    } else if (!slot.isHarmed()) {
      figures.falselyEvicted();
      diary.say("node %d stopped although no fault was injected on it: %s", node, message);
    } else {
      diary.say("node %d stopped: %s", node, message);
    }
    slot.harm();
    fleet.tell(node, Json.command("quit"));
  }

  private void exited(int node, int code) {
    history.ended(node, fleet.life(node));
    fleet.recovery().forget(node);
    ChaosNode slot = nodes.get(node);
    boolean unborn = slot.state() == State.STARTING;
    if (unborn && slot.failsToStart() < MOST_FAILED_STARTS) {
      diary.say("node %d did not come up (exit code %d) and is started again", node, code);
    } else if (slot.state() == State.LEAVING && code != PLANNED_EXIT) {
      violations.add("node " + node + " did not leave as planned: exit code " + code + log(node));
    } else if (!slot.isHarmed() || unborn) {
      violations.add("node " + node + " ended by itself: exit code " + code + log(node));
    }
    slot.down(clock.nanoTime());
  }

  private void overdue(int node) {
    violations.add(
        String.format(
            Locale.ROOT,
            "node %d is %s for more than %d s%s",
            node,
            nodes.get(node).state(),
            ChaosNode.PATIENCE.toSeconds(),
            log(node)));
    deeds.kill(List.of(node), Duration.ZERO);
  }

  private String log(int node) {
    return fleet.log(node);
  }

  // ---- actions on nodes

  private void strike() {
    List<Integer> working = nodes.in(State.WORKING);
    nemesis
        .next(
            clock.nanoTime(),
            working,
            nodes.in(State.STARTING, State.PREPARING),
            nodes.count() - working.size(),
            fleet.recovery().isRecovering(working))
        .ifPresent(deeds::act);
  }

  private void breakQuorum() {
    List<Integer> victims = nemesis.tooMany(nodes.in(State.WORKING));
    diary.say("nodes %s are killed: the others have no quorum", victims);
    // No node is restarted before the end.
    Duration absence = ChaosNode.PATIENCE.multipliedBy(4);
    deeds.kill(victims, absence);
    List<Integer> others = nodes.in(State.WORKING);
    for (int node : others) {
      nodes.get(node).harm();
      nodes.hold(node, absence);
    }
    await(
        () -> nodes.in(State.DOWN).size() == nodes.count(),
        "every node to stop",
        ChaosNode.PATIENCE);
    long stopped =
        figures.stops().entrySet().stream()
            .filter(entry -> entry.getKey().contains("QUORUM_LOST"))
            .mapToLong(Map.Entry::getValue)
            .sum();
    if (stopped < others.size()) {
      violations.add(
          String.format(
              Locale.ROOT,
              "%d nodes had no quorum, and %d stopped for it; stops: %s",
              others.size(),
              stopped,
              figures.stops()));
    }
  }

  // ---- the end

  /** Starts all nodes again and reads all blocks through each of them, then from disk. */
  private long[] coldStart() {
    run.display().begin("cold start");
    resting = true;
    long coldNs = clock.nanoTime();
    nodes.all().forEach(node -> node.coldStart(coldNs));
    await(() -> nodes.allWork() || isHopeless(), "all nodes to come back", COLD_START);
    if (!nodes.allWork()) {
      throw new WeftException(
          WorkloadErrors.NODE_FAILED, "no cold start, so nothing is proved: " + violations.first());
    }
    diary.say("all nodes are back after %.1f s", (clock.nanoTime() - coldNs) / 1e9);
    run.display().begin("reading through every node");
    List<ObjectNode> audits = fleet.ask("audit", "audited", () -> run.display().show(0, ""));
    for (ObjectNode audit : audits) {
      audit.path("violationTexts").forEach(text -> violations.add(text.asText()));
    }
    lockedUpdates = audits.getFirst().path("lockedUpdates").asLong();
    run.writeBackAndQuit();
    long[] versions = new long[plan.blocks()];
    try (DiskBlocks disk = run.disk();
        Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(disk.contentBytes());
      for (int block = 0; block < versions.length; block++) {
        long invokeNs = clock.nanoTime();
        versions[block] = disk.read(ChaosSettings.FILE, ChaosSettings.number(block), content);
        history.read(block, ValueBlock.value(content), versions[block], invokeNs, clock.nanoTime());
      }
    }
    return versions;
  }

  /** Whether a node has failed to start too often. */
  private boolean isHopeless() {
    return nodes.all().stream().anyMatch(node -> node.failedStarts() >= MOST_FAILED_STARTS);
  }

  private int conclude(long endNs, long[] versions) {
    run.display().begin("judging " + history.operations() + " operations");
    history.judge(violations);
    long lost = history.lostChanges(versions);
    OptionalLong fewest = ledger.throughput().fewestPerSecond(endNs);
    if (plan.rate() >= 2 * FLOOR_PER_SECOND && fewest.orElse(FLOOR_PER_SECOND) < FLOOR_PER_SECOND) {
      violations.add(
          String.format(
              Locale.ROOT,
              "only %d operations/s in some %d s without a disturbance",
              fewest.getAsLong(),
              Throughput.WINDOW));
    }
    ObjectNode json = figures.json(lost, violations.count(), endNs);
    json.put("lockedUpdates", lockedUpdates);
    return run.conclude(
        figures.table(json),
        json,
        violations.first(),
        String.format(
            Locale.ROOT,
            "%,d operations on %,d blocks, %,d of unknown outcome, %,d updates under global locks;"
                + " %,d acknowledged changes lost; %,d violations (read through %d nodes after a"
                + " cold start, and from disk)",
            history.operations(),
            plan.blocks(),
            history.open(),
            lockedUpdates,
            lost,
            violations.count(),
            nodes.count()));
  }

  // ---- output

  private void await(BooleanSupplier done, String what, Duration limit) {
    long giveUpNs = clock.nanoTime() + limit.toNanos();
    while (!done.getAsBoolean()) {
      if (clock.nanoTime() - giveUpNs > 0) {
        violations.add("waited " + limit.toSeconds() + " s in vain for " + what);
        return;
      }
      step();
    }
  }

  private void show() {
    run.display()
        .show(
            elapsed().toNanos() / (double) plan.length().toNanos(),
            figures.soFar(nodes.in(State.WORKING).size()));
  }
}
