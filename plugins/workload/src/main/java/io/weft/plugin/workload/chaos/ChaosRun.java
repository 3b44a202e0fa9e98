// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import io.weft.plugin.faults.PowerLoss;
import io.weft.plugin.workload.chaos.Nemesis.Act;
import io.weft.plugin.workload.chaos.Nemesis.Deed;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A chaos run, from the start of the nodes to the verdict. Used by one thread.
 *
 * <pre>
 *   STARTING -> PREPARING -> WORKING -> PAUSED or AILING -> AWAKE -> WORKING
 *                            WORKING -> LEAVING -> DOWN
 *   any of them -> ENDING -> DOWN (it stopped), or DOWN at once (killed) -> STARTING
 * </pre>
 */
public final class ChaosRun {
  /** The longest time for a node to come up, to leave, or to be heard of after a pause. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** The longest time for all nodes to come back from what is on disk, with second attempts. */
  private static final Duration COLD_START = Duration.ofMinutes(5);

  private static final int PULSE_BLOCKS = 60;

  /** Its port may be taken for a moment. */
  private static final int MOST_FAILED_STARTS = 5;

  /** A process that was told to end and did: 128 and the number of SIGTERM. */
  private static final int PLANNED_EXIT = 143;

  /** A run with less work than this outside of disturbances proves little. */
  private static final int FLOOR_PER_SECOND = 1000;

  /** How far a wall clock is set, in either direction. */
  private static final long MOST_STEP_MS = 3_600_000;

  /** Kinds of calls of the storage that fail together. */
  private static final List<String> CALLS =
      List.of(
          "read", "write", "force", "look", "name", "write,force", "read,write,force,look,name");

  private enum State {
    STARTING,
    PREPARING,
    WORKING,
    PAUSED,
    /** Works under a fault that ends by itself, and may stop for it. */
    AILING,
    /** Let go on after a pause or a fault: it is to be seen whether it is still a member. */
    AWAKE,
    /** Told to leave as planned. */
    LEAVING,
    /** Has stopped by itself; its process is about to end. */
    ENDING,
    DOWN
  }

  /** A node as this run sees it. */
  private static final class Slot {
    private State state = State.STARTING;
    private long sinceNs;

    /** End of a pause, or of an absence. */
    private long untilNs;

    /** Whether something was done to it that may make it stop. */
    private boolean harmed;

    /** What was done to it, as long as that may make it stop. */
    private final Set<Fault> suffered = EnumSet.noneOf(Fault.class);

    /** How long it is to be suspended once it is ready for that; 0: not at all. */
    private long sleepNs;

    /** Ends the fault that it works under. */
    private Runnable relief = () -> {};

    /** Whether it has said why it stopped. */
    private boolean reasonTold;

    private int failedStarts;

    /** Whether it is started again as soon as it has stopped, whatever it suffers from. */
    private boolean restless;

    /** Nothing that was done to it excuses a stop any more. */
    void isWell() {
      harmed = false;
      restless = false;
      suffered.clear();
    }

    /** Something is done to it. */
    void suffer(Fault fault) {
      harmed = true;
      suffered.add(fault);
    }

    /** Ends the fault that it works under. */
    void relieve() {
      sleepNs = 0;
      Runnable end = relief;
      relief = () -> {};
      end.run();
    }
  }

  private final Run run;
  private final Fleet fleet;
  private final ChaosPlan plan;
  private final ChaosLedger ledger;
  private final RunHistory history;
  private final Clock clock = Clock.SYSTEM;
  private final int nodes;
  private final Slot[] slots;
  private final Nemesis nemesis;
  private final NetworkCuts cuts;
  private final SplittableRandom dice;
  private final Violations violations = new Violations();
  private final Map<String, Integer> stops = new TreeMap<>();
  private final List<Double> recoveriesMillis = new ArrayList<>();
  private final Map<Fault, Integer> suffered = new EnumMap<>(Fault.class);
  private int lives;
  private int kills;
  private int pauses;
  private int restarts;
  private int leaves;
  private int falseEvictions;
  private long unaffectedMicros;
  private long startNs;
  private double seconds;

  /** Whether nodes that come up get no work any more. */
  private boolean resting;

  /** The kill whose effect is being measured. */
  private Optional<Kill> measured = Optional.empty();

  /** The victims of the kill whose effect was measured last. */
  private Set<Integer> feltVictims = Set.of();

  private record Kill(Set<Integer> victims, long atNs) {}

  /**
   * Does all of it.
   *
   * @return the exit code: 0 if nothing was lost and nothing contradicts, 1 otherwise
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
    nodes = fleet.nodes();
    slots = new Slot[nodes];
    for (int node = 0; node < nodes; node++) {
      slots[node] = new Slot();
    }
    dice = new SplittableRandom(plan.seed());
    nemesis = new Nemesis(plan.seed(), nodes, plan.deeds(), plan.lease());
    cuts = new NetworkCuts(run::network);
  }

  private int play() {
    run.display().say("weft: chaos with seed " + plan.seed());
    run.startNodes();
    for (int node = 0; node < nodes; node++) {
      prepare(node);
    }
    run.display().begin("chaos");
    await(() -> in(State.WORKING).size() == nodes, "all nodes to work", PATIENCE);
    nemesis.begin(clock.nanoTime());
    run.startClock();
    startNs = clock.nanoTime();
    ledger.throughput().begin(startNs);
    if (plan.breaksQuorum()) {
      workFor(plan.length().dividedBy(2));
      breakQuorum();
    } else {
      while (elapsed().compareTo(plan.length()) < 0) {
        step();
        strike();
        feel();
      }
    }
    seconds = elapsed().toNanos() / 1e9;
    long endNs = clock.nanoTime();
    killAll();
    cuts.healAll();
    return conclude(endNs, coldStart());
  }

  private Duration elapsed() {
    return Duration.ofNanos(clock.nanoTime() - startNs);
  }

  private void workFor(Duration length) {
    while (elapsed().compareTo(length) < 0) {
      step();
    }
  }

  // ---- what happens to nodes

  /** Takes what the nodes say, and brings back those whose time has come. */
  private void step() {
    fleet.next().ifPresent(this::onEvent);
    long now = clock.nanoTime();
    if (cuts.healDue(now) > 0) {
      say("a cut is healed");
    }
    for (int node = 0; node < nodes; node++) {
      Slot slot = slots[node];
      if (slot.state == State.DOWN && now - slot.untilNs >= 0) {
        restarts += resting ? 0 : 1;
        slot.reasonTold = false;
        fleet.launch(node);
        enter(node, State.STARTING);
      } else if (slot.state == State.PAUSED && now - slot.untilNs >= 0) {
        fleet.signal(node, Signal.CONT);
        enter(node, State.AWAKE);
      } else if (slot.state == State.AILING && now - slot.untilNs >= 0) {
        slot.relieve();
        enter(node, State.AWAKE);
      } else if (slot.state == State.AWAKE && now - slot.sinceNs > settling()) {
        // It has neither ended nor said that it will: it was not evicted.
        enter(node, State.WORKING);
        slot.isWell();
      } else if (slot.state != State.WORKING && now - slot.sinceNs > PATIENCE.toNanos()) {
        overdue(node);
      }
    }
    if (!isCalm()) {
      ledger.throughput().disturb(now);
    }
    show();
  }

  /** How long it may take until a node that goes on knows whether it is a member. */
  private long settling() {
    return plan.lease().toNanos();
  }

  private void onEvent(NodeEvent event) {
    int node = event.node();
    Slot slot = slots[node];
    switch (event.name()) {
      case "up" -> prepare(node);
      case "ready" -> {
        if (!resting) {
          fleet.tell(node, Json.command("start"));
        }
        enter(node, State.WORKING);
        slot.isWell();
        slot.failedStarts = 0;
      }
      case "felt" -> felt(event);
      case "faulted" -> onFaulted(node);
      case "failed" -> failed(node, event.body());
      case NodeProcess.EXITED -> exited(node, event.body().path("code").asInt());
      default -> {}
    }
  }

  private void prepare(int node) {
    enter(node, State.PREPARING);
    fleet.tell(
        node,
        Json.command("pulse").put("node", node).put("nodes", nodes).put("blocks", PULSE_BLOCKS));
    fleet.tell(node, settings().toCommand());
  }

  private ChaosSettings settings() {
    return new ChaosSettings(
        ++lives, plan.blocks(), plan.threads(), Math.max(1, plan.rate() / nodes), plan.seed());
  }

  private void failed(int node, ObjectNode body) {
    Slot slot = slots[node];
    String code = body.path("code").asText();
    String message = body.path("message").asText();
    if (slot.state == State.LEAVING || slot.reasonTold) {
      return; // The work ends with the node.
    }
    enter(node, State.ENDING);
    if (code.contains("NODE_STOPPED")) {
      return; // Why it stopped comes next.
    }
    slot.reasonTold = true;
    stops.merge(code, 1, Integer::sum);
    if (!Fault.excuses(code, slot.suffered)) {
      violations.add("node " + node + " stopped: " + code + ": " + message);
    } else if (!slot.harmed) {
      falseEvictions++;
      say("node %d stopped although nothing was done to it: %s", node, message);
    } else {
      say("node %d stopped: %s", node, message);
    }
    slot.harmed = true;
    fleet.tell(node, Json.command("quit"));
  }

  private void exited(int node, int code) {
    history.ended(node, fleet.life(node));
    fleet.recovery().forget(node);
    Slot slot = slots[node];
    boolean unborn = slot.state == State.STARTING;
    if (unborn && ++slot.failedStarts < MOST_FAILED_STARTS) {
      say("node %d did not come up (exit code %d) and is started again", node, code);
    } else if (slot.state == State.LEAVING && code != PLANNED_EXIT) {
      violations.add("node " + node + " did not leave as planned: exit code " + code + log(node));
    } else if (!slot.harmed || unborn) {
      violations.add("node " + node + " ended by itself: exit code " + code + log(node));
    }
    slot.harmed = true;
    slot.relieve();
    enter(node, State.DOWN);
    slot.untilNs = slot.restless ? clock.nanoTime() : Math.max(slot.untilNs, clock.nanoTime());
  }

  private void overdue(int node) {
    violations.add(
        String.format(
            Locale.ROOT,
            "node %d is %s for more than %d s%s",
            node,
            slots[node].state,
            PATIENCE.toSeconds(),
            log(node)));
    kill(List.of(node), Duration.ZERO);
  }

  private String log(int node) {
    return fleet.log(node);
  }

  private void enter(int node, State state) {
    slots[node].state = state;
    slots[node].sinceNs = clock.nanoTime();
  }

  // ---- what is done to nodes

  private void strike() {
    List<Integer> working = in(State.WORKING);
    nemesis
        .next(
            clock.nanoTime(),
            working,
            in(State.STARTING, State.PREPARING),
            nodes - working.size(),
            fleet.recovery().isRecovering(working))
        .ifPresent(this::act);
  }

  private void act(Act act) {
    ledger.throughput().disturb(clock.nanoTime());
    Fault fault = Fault.of(act.deed());
    suffered.merge(fault, act.nodes().size(), Integer::sum);
    act.nodes().forEach(node -> slots[node].suffer(fault));
    switch (act.deed()) {
      case KILL -> kill(act.nodes(), act.length());
      case PAUSE_SHORT, PAUSE_LONG -> {
        for (int node : act.nodes()) {
          say("node %d is paused for %d ms", node, act.length().toMillis());
          pauses++;
          slots[node].untilNs = clock.nanoTime() + act.length().toNanos();
          history.unsteady(node, fleet.life(node));
          fleet.signal(node, Signal.STOP);
          enter(node, State.PAUSED);
        }
        measured = Optional.empty();
      }
      case LEAVE -> {
        for (int node : act.nodes()) {
          say("node %d is told to leave", node);
          leaves++;
          slots[node].untilNs = clock.nanoTime() + act.length().toNanos();
          fleet.signal(node, Signal.TERM);
          enter(node, State.LEAVING);
        }
        measured = Optional.empty();
      }
      case CUT_SHORT, CUT_LONG -> {
        say("nothing is carried over %s", act.links());
        cuts.begin(act.links(), clock.nanoTime() + act.length().toNanos());
        act.nodes().forEach(node -> slots[node].restless = !act.patient());
        ail(act, "cut off", _ -> {}, _ -> {});
      }
      case POWER_LOSS -> losePower(act);
      case DISK_FULL -> {
        String space = dice.nextBoolean() ? "none" : "no-growth";
        ail(act, "space " + space, "space enough");
      }
      case IO_ERROR -> ail(act, "error " + calls() + " 1 100", "error none");
      case IO_ERRORS -> ail(act, "error " + calls() + " 0 " + (1 << dice.nextInt(7)), "error none");
      case CLOCK_STEP -> ail(act, "wall " + dice.nextLong(-MOST_STEP_MS, MOST_STEP_MS), "");
      case CLOCK_LEAP -> ail(act, "boot " + dice.nextLong(2 * plan.lease().toMillis()), "");
      case SUSPEND -> suspend(act);
    }
  }

  /** The kinds of calls that fail together. */
  private String calls() {
    return CALLS.get(dice.nextInt(CALLS.size()));
  }

  private void losePower(Act act) {
    List<Integer> others =
        IntStream.range(0, nodes)
            .filter(node -> !act.nodes().contains(node))
            .filter(node -> slots[node].state != State.DOWN && slots[node].state != State.PAUSED)
            .boxed()
            .toList();
    PowerLoss.Loss loss = fleet.losePower(act.nodes(), others, dice.nextLong());
    for (int node : act.nodes()) {
      say("node %d loses its power: %s", node, lost(loss));
      gone(node, act.length());
    }
    others.forEach(node -> history.unsteady(node, fleet.life(node)));
    measured = Optional.empty();
  }

  private static String lost(PowerLoss.Loss loss) {
    return String.format(
        Locale.ROOT,
        "of %,d writes that were not forced %,d sectors are lost, and %,d names",
        loss.writes(),
        loss.sectors(),
        loss.names());
  }

  /** The node is told that the next pause is a suspension, and stopped when it says so. */
  private void suspend(Act act) {
    for (int node : act.nodes()) {
      say("node %d is suspended for %d ms", node, act.length().toMillis());
      slots[node].sleepNs = act.length().toNanos();
      history.unsteady(node, fleet.life(node));
      fleet.tell(node, fault("suspend " + act.length().toMillis()));
      enter(node, State.AILING);
      slots[node].untilNs = clock.nanoTime() + PATIENCE.toNanos();
    }
    measured = Optional.empty();
  }

  private void onFaulted(int node) {
    Slot slot = slots[node];
    if (slot.state == State.AILING && slot.sleepNs > 0) {
      slot.untilNs = clock.nanoTime() + slot.sleepNs;
      slot.sleepNs = 0;
      fleet.signal(node, Signal.STOP);
      enter(node, State.PAUSED);
    }
  }

  private static ObjectNode fault(String words) {
    return Json.command("fault").put("words", words);
  }

  /** Puts nodes under a fault that the plugin of each node injects. */
  private void ail(Act act, String begin, String end) {
    ail(
        act,
        begin,
        node -> fleet.tell(node, fault(begin)),
        node -> {
          if (!end.isEmpty() && slots[node].state == State.AILING) {
            fleet.tell(node, fault(end));
          }
        });
  }

  /**
   * Puts nodes under a fault with which they work on, and which ends by itself.
   *
   * @param what it is, for people
   * @param begin puts a node under it
   * @param end takes it away again, also when the process has ended meanwhile
   */
  private void ail(Act act, String what, IntConsumer begin, IntConsumer end) {
    for (int node : act.nodes()) {
      say("node %d for %d ms: %s", node, act.length().toMillis(), what);
      slots[node].untilNs = clock.nanoTime() + act.length().toNanos();
      slots[node].relief = () -> end.accept(node);
      history.unsteady(node, fleet.life(node));
      begin.accept(node);
      enter(node, State.AILING);
    }
    measured = Optional.empty();
  }

  private void kill(List<Integer> victims, Duration absence) {
    boolean calm = isCalm();
    in(State.WORKING).forEach(node -> fleet.tell(node, Json.command("mark")));
    long nowNs = clock.nanoTime();
    fleet.kill(victims);
    for (int node : victims) {
      say("node %d is killed%s", node, calm ? "" : " while the cluster recovers");
      kills++;
      gone(node, absence);
    }
    measured = calm ? Optional.of(new Kill(new TreeSet<>(victims), nowNs)) : Optional.empty();
  }

  private void gone(int node, Duration absence) {
    history.ended(node, fleet.life(node));
    slots[node].harmed = true;
    slots[node].relieve();
    slots[node].untilNs = clock.nanoTime() + absence.toNanos();
    enter(node, State.DOWN);
  }

  /** After a kill that met a calm cluster, asks the others what they felt once they are settled. */
  private void feel() {
    if (measured.isEmpty() || !isCalm()) {
      return;
    }
    fleet
        .recovery()
        .completedNs(measured.get().atNs())
        .ifPresent(at -> recoveriesMillis.add((at - measured.get().atNs()) / 1e6));
    in(State.WORKING).forEach(node -> fleet.tell(node, Json.command("feel")));
    feltVictims = measured.get().victims();
    measured = Optional.empty();
  }

  private void felt(NodeEvent event) {
    for (int master = 0; master < nodes; master++) {
      if (!feltVictims.contains(master)) {
        unaffectedMicros =
            Math.max(unaffectedMicros, event.body().path("longestMicros").path(master).asLong());
      }
    }
  }

  /** Whether all nodes that work have completed a view of just those that are there. */
  private boolean isCalm() {
    return in(State.AWAKE, State.AILING).isEmpty()
        && fleet
            .recovery()
            .isSettled(
                in(State.WORKING), in(State.PAUSED, State.LEAVING, State.ENDING, State.DOWN));
  }

  private List<Integer> in(State... states) {
    Set<State> wanted = Set.of(states);
    return IntStream.range(0, nodes)
        .filter(node -> wanted.contains(slots[node].state))
        .boxed()
        .toList();
  }

  private void breakQuorum() {
    List<Integer> victims = nemesis.tooMany(in(State.WORKING));
    say("nodes %s are killed: the others have no quorum", victims);
    // Nobody comes back before the end.
    Duration absence = PATIENCE.multipliedBy(4);
    kill(victims, absence);
    List<Integer> others = in(State.WORKING);
    for (int node : others) {
      slots[node].harmed = true;
      slots[node].untilNs = clock.nanoTime() + absence.toNanos();
    }
    await(() -> in(State.DOWN).size() == nodes, "every node to stop", PATIENCE);
    long stopped =
        stops.entrySet().stream()
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
              stops));
    }
  }

  // ---- the end

  /** Kills everything that runs, in mid-work. */
  private void killAll() {
    List<Integer> running =
        IntStream.range(0, nodes).filter(n -> slots[n].state != State.DOWN).boxed().toList();
    say("all nodes are killed: %s", running);
    kills += running.size();
    if (plan.deeds().contains(Deed.POWER_LOSS)) {
      say("the power fails: %s", lost(fleet.losePower(running, List.of(), dice.nextLong())));
    } else {
      fleet.kill(running);
    }
    running.forEach(node -> history.ended(node, fleet.life(node)));
  }

  /** Starts all nodes once more and reads everything through each, then from disk. */
  private long[] coldStart() {
    run.display().begin("cold start");
    resting = true;
    long coldNs = clock.nanoTime();
    for (Slot slot : slots) {
      slot.state = State.DOWN;
      slot.untilNs = coldNs;
      slot.failedStarts = 0;
      slot.harmed = true;
    }
    await(
        () -> in(State.WORKING).size() == nodes || isHopeless(),
        "all nodes to come back",
        COLD_START);
    if (in(State.WORKING).size() < nodes) {
      throw new WeftException(
          WorkloadErrors.NODE_FAILED, "no cold start, so nothing is proved: " + violations.first());
    }
    say("all nodes are back after %.1f s", (clock.nanoTime() - coldNs) / 1e9);
    run.display().begin("reading through every node");
    List<ObjectNode> audits = fleet.ask("audit", "audited", () -> run.display().show(0, ""));
    for (ObjectNode audit : audits) {
      audit.path("violationTexts").forEach(text -> violations.add(text.asText()));
    }
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

  /** Whether a node has failed to come up so often that it will not. */
  private boolean isHopeless() {
    return Arrays.stream(slots).anyMatch(slot -> slot.failedStarts >= MOST_FAILED_STARTS);
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
    ObjectNode json = json(lost, fewest, endNs);
    return run.conclude(
        table(json),
        json,
        violations.first(),
        String.format(
            Locale.ROOT,
            "%,d operations on %,d blocks, %,d of unknown outcome; %,d acknowledged changes lost;"
                + " %,d violations (read through %d nodes after a cold start, and from disk)",
            history.operations(),
            plan.blocks(),
            history.open(),
            lost,
            violations.count(),
            nodes));
  }

  private ObjectNode json(long lost, OptionalLong fewest, long endNs) {
    ObjectNode json = Json.object();
    json.put("nodes", nodes)
        .put("seconds", seconds)
        .put("operations", history.operations())
        .put("operationsPerSecond", Math.round(history.operations() / seconds))
        .put("kills", kills)
        .put("pauses", pauses)
        .put("restarts", restarts)
        .put("plannedRestarts", leaves)
        .put("lostChanges", lost)
        .put("lostUpdates", lost)
        .put("violations", violations.count())
        .put("openOperations", history.open())
        .put("blocks", plan.blocks())
        .put("seed", plan.seed())
        .put("brokenQuorum", plan.breaksQuorum())
        .put("falseEvictions", falseEvictions);
    fewest.ifPresent(value -> json.put("fewestOperationsPerSecond", value));
    json.put("calmWindows", ledger.throughput().calmWindows(endNs));
    json.put("failedOperations", history.failed());
    ObjectNode faults = json.putObject("faults");
    suffered.forEach((fault, count) -> faults.put(fault.text(), count));
    ObjectNode reasons = json.putObject("stops");
    stops.forEach(reasons::put);
    json.putObject("longestStallMillis")
        .put("unaffected", unaffectedMicros / 1e3)
        .put("all", history.longestNs() / 1e6);
    ObjectNode recovered = json.putObject("recoveredMillis");
    double[] sorted = recoveriesMillis.stream().mapToDouble(d -> d).sorted().toArray();
    recovered.put("count", sorted.length);
    if (sorted.length > 0) {
      recovered.put("median", sorted[sorted.length / 2]).put("longest", sorted[sorted.length - 1]);
    }
    return json;
  }

  private String table(ObjectNode json) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "chaos on %d nodes, %.0f s, seed %d: %,d operations, %,d/s",
        nodes,
        seconds,
        plan.seed(),
        history.operations(),
        json.path("operationsPerSecond").asLong());
    line(
        text,
        "faults: %s, and all killed at the end; %d starts; stops: %s; %,d operations failed",
        words(suffered),
        restarts,
        stops.isEmpty() ? "none" : stops,
        history.failed());
    line(
        text,
        "fewest operations in a second, over %d calm windows of %d s: %s",
        json.path("calmWindows").asLong(),
        Throughput.WINDOW,
        json.has("fewestOperationsPerSecond")
            ? json.path("fewestOperationsPerSecond").asText()
            : "none was calm");
    double[] recovered = recoveriesMillis.stream().mapToDouble(d -> d).sorted().toArray();
    if (recovered.length > 0) {
      line(
          text,
          "everything served again after a kill: %.1f ms (median of %d), %.1f ms at most",
          recovered[recovered.length / 2],
          recovered.length,
          recovered[recovered.length - 1]);
    }
    line(
        text,
        "longest stall: %.1f ms of blocks that the dead node neither held nor mastered, %.1f ms"
            + " of any",
        unaffectedMicros / 1e3,
        history.longestNs() / 1e6);
    return text.toString();
  }

  private static String words(Map<Fault, Integer> suffered) {
    return suffered.isEmpty()
        ? "none"
        : suffered.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey().text())
            .collect(Collectors.joining(", "));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  // ---- what is shown

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
            String.format(
                Locale.ROOT,
                "%,d operations, %d of %d nodes work, %d kills, %d pauses, %d planned restarts",
                history.operations(),
                in(State.WORKING).size(),
                nodes,
                kills,
                pauses,
                leaves));
  }

  private void say(String format, Object... values) {
    run.display()
        .say(
            String.format(
                    Locale.ROOT, "weft: %6.1f s: ", startNs == 0 ? 0 : elapsed().toMillis() / 1e3)
                + String.format(Locale.ROOT, format, values));
  }
}
