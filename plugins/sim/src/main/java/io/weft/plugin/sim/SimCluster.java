// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.cachefusion.spec.Rules;
import io.weft.recovery.membership.AgreementRules;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * A cluster in one thread: the engine as it is, on a simulated network, disk, log and clock, with
 * actors that use it, a {@link Nemesis} that harms it and checkers that watch every step.
 */
final class SimCluster implements AutoCloseable {
  private static final int PHYSICAL_BYTES = BlockLayout.MIN_BYTES;

  /** Longest that a call may take, in virtual time; ordinary delays are a thousand times less. */
  private static final long LIVENESS_LIMIT_NS = 60_000_000_000L;

  /** Until an operator has mended what cannot be read: longer than recovery tries by itself. */
  private static final long MENDED_NS = 3_000_000_000L;

  private static final long ASK_AGAIN_NS = 1_000_000_000L;

  private static final int STEPS_PER_LIVENESS_CHECK = 4_096;

  /**
   * Most steps without an operation done: nodes that talk for ever about nothing. Ordinary seeds
   * take less than a tenth for all of their operations.
   */
  private static final long MOST_STEPS = 2_000_000;

  private static final int EVENTS_SHOWN = 500;

  private final SimOptions options;
  private final Simulation simulation;
  private final Blocks blocks;
  private final History history;
  private final Holders holders;
  private final SimDisk disk;
  private final SimLogDevice logDevice;
  private final SimNetwork network;
  private final Driver membership;
  private final SimRegistry registry;
  private final SimDirectory.Maps maps;
  private final Nemesis nemesis;

  /** The largest SCN that this life, or anybody before it, has committed with. */
  private final Map<Life, Long> scnFloor = new HashMap<>();

  private long newestScn;
  private final Invariants invariants;
  private final Rules rules;
  private final String ruleNames;
  private final boolean changesStayWhole;
  private final boolean countsSuspendedTime;
  private final boolean waitsForNumbers;
  private final SimMembership.Rules membershipRules;

  /** By node: what is wrong when it starts. */
  private final Map<Integer, Mistake> mistakes = new HashMap<>();

  private final List<Member> members;

  /** All lives there ever were. */
  private final List<SimNode> lives = new ArrayList<>();

  /** By node: its present life. */
  private final List<Optional<SimNode>> nodes = new ArrayList<>();

  private int operations;
  private int failures;
  private long steps;
  private long stepsAtOperation;

  /** Who commits at this moment, each interrupted by the next. */
  private final ArrayDeque<Commit> commits = new ArrayDeque<>();

  private final Interruptions interruptions;
  private final Set<SimNode> drained = new HashSet<>();
  private boolean drainCutShort;
  private int restarts;
  private int checkpoints;
  private int startsRefused;
  private boolean finishing;

  /** Builds the cluster of the options, with engines that follow {@code rules}. */
  public SimCluster(SimOptions options, Rules rules) {
    this(options, rules, SimMembership.Rules.STANDARD);
  }

  /** The same with a membership that follows rules of its own. */
  SimCluster(SimOptions options, Rules rules, SimMembership.Rules membershipRules) {
    this.options = options;
    this.maps = new SimDirectory.Maps(options.seed());
    this.rules = rules;
    this.membershipRules = membershipRules;
    this.ruleNames =
        rules == Rules.STANDARD && membershipRules == SimMembership.Rules.STANDARD
            ? ""
            : ", rules " + rules + " and " + membershipRules;
    this.simulation = new Simulation(options.seed(), PHYSICAL_BYTES);
    this.blocks =
        new Blocks(options.blocks(), options.neighbours(), new BlockLayout(PHYSICAL_BYTES));
    int count = options.nodes();
    this.history = new History(simulation, blocks);
    this.holders = new Holders(simulation, blocks, count, this::isLeased);
    this.disk = new SimDisk(simulation, history, options.disk(), this::isRecovering);
    this.logDevice = new SimLogDevice(simulation, this::sealed, this::deleted);
    this.network = new SimNetwork(simulation, options.network(), count, this::onShip);
    this.members =
        IntStream.range(0, count)
            .mapToObj(n -> new Member(new NodeId(n), "node" + n, n + 1))
            .toList();
    this.registry =
        new SimRegistry(
            simulation,
            options.faults().registryFailsPerMille(),
            membershipRules,
            registryCalls(options.faults().registryTakes()));
    this.membership =
        options.faults().clusterMembership().isPresent()
            ? new ClusterDriver(this, registry)
            : new SimMembership(this, options.faults().membership(), membershipRules, members);
    this.nemesis = new Nemesis(this, options.faults());
    membership.probe(nemesis);
    this.invariants = new Invariants(simulation, history, disk, nodes, options.mostPastImages());
    for (int node = 0; node < count; node++) {
      nodes.add(Optional.empty());
    }
    if (!membershipRules.fences()) {
      disk.ignoreFences();
    }
    if (!membershipRules.missesLogs()) {
      logDevice.takeVanishedForDeleted();
    }
    if (!membershipRules.dropsOldEpochs()) {
      network.handleOldEpochs();
    }
    this.changesStayWhole = membershipRules.keepsChangesWhole();
    this.countsSuspendedTime = membershipRules.countsSuspendedTime();
    this.waitsForNumbers = membershipRules.waitsForNumbers();
    this.interruptions =
        new Interruptions(options.seed(), simulation, this::checkInvariants, this::step);
  }

  // ---- lives -----------------------------------------------------------------------------------

  /** Starts the next life of a node. */
  SimNode start(int id) {
    int index = lives.size();
    Life life = Life.of(index, id, 1 + index, simulation, countsSuspendedTime);
    SimNode node = new SimNode(this, life, members, rules);
    options.bounds().set(node);
    if (!waitsForNumbers) {
      life.clock().limit(() -> life.clock().raise(life.clock().current()));
    }
    if (options.actors() > 0) { // a script is a thread
      node.cache().runOnOneThread(() -> interruptions.onStep(life));
    }
    lives.add(node);
    nodes.set(id, Optional.of(node));
    history.begin(life, node.log());
    simulation.record(Trace.What.STARTED, life, life.incarnation(), 0);
    scnFloor.put(life, newestScn);
    membership.join(node);
    restarts++;
    return node;
  }

  /** Called when a node installs its first view, and every later one. */
  void becameMember(SimNode node) {
    node.serve();
    if (node.actors().isEmpty()) {
      for (int i = 0; i < options.actors(); i++) {
        Actor actor = new Actor(this, node, node.life().index() * options.actors() + i);
        node.actors().add(actor);
        actor.rest();
      }
      if (options.faults().checkpoint() != Delay.NONE
          && options.faults().clusterMembership().isEmpty()) {
        checkpointLater(node);
      }
    }
  }

  private void checkpointLater(SimNode node) {
    simulation.schedule(
        options.faults().checkpoint(),
        node.life(),
        () -> {
          if (!node.life().isStopped() && !node.isLeaving()) {
            beginCheckpoint(node);
            checkpointLater(node);
          }
        });
  }

  private void beginCheckpoint(SimNode node) {
    try {
      long lsn = node.log().beginCheckpoint();
      node.cache()
          .checkpoint()
          .whenComplete(
              (nothing, error) -> {
                if (error == null) {
                  simulation.schedule(0, node.life(), () -> endCheckpoint(node, lsn));
                }
              });
    } catch (WeftException e) {
      failed(node, e);
    }
  }

  private void endCheckpoint(SimNode node, long lsn) {
    if (node.life().isStopped()) {
      return;
    }
    try {
      node.log().endCheckpoint(lsn);
      checkpoints++;
    } catch (WeftException e) {
      failed(node, e);
    }
    redoForgotten();
  }

  /** From here on a node starts with something wrong, or with nothing. */
  void mistake(int id, Mistake mistake) {
    mistakes.put(id, mistake);
  }

  /** What is wrong when a node starts; nothing is missing before there is a storage. */
  Mistake mistakeOf(int id) {
    Mistake mistake = mistakes.getOrDefault(id, Mistake.NONE);
    return registry.accepted() == 0 && !mistake.otherSettings() ? Mistake.NONE : mistake;
  }

  /** A node has stopped because it was started in a wrong way, or another one was. */
  void startRefused() {
    startsRefused++;
  }

  /** What the engine's membership follows. */
  AgreementRules agreementRules() {
    return membershipRules.agreement();
  }

  /** Whether nodes compare the settings that must be alike. */
  boolean comparesSettings() {
    return membershipRules.comparesSettings();
  }

  /** An empty directory where the registry should be. */
  SimRegistry newRegistry() {
    return new SimRegistry(simulation, 0, membershipRules, registryCalls(Delay.NONE));
  }

  private RegistryCalls registryCalls(Delay takes) {
    return new RegistryCalls(simulation, options.seed(), takes);
  }

  /** An empty directory where the logs should be. */
  SimLogDevice newLogDevice() {
    return new SimLogDevice(simulation, this::sealed, this::deleted);
  }

  /** Finds out on which storage a node works. */
  void findStorage(SimNode node) {
    if (membershipRules.checksStorage()) {
      UUID identity = new UUID(1, options.seed());
      boolean named = node.mistake().hasNothing();
      node.findStorage(named ? Optional.of(identity) : Optional.empty(), () -> identity);
    }
  }

  /** The process of a node ends in the midst of everything. */
  void kill(SimNode node, boolean silently) {
    Life life = node.life();
    if (life.isDead()) {
      return;
    }
    simulation.record(Trace.What.DIED, life, life.incarnation(), silently ? 1 : 0);
    life.die();
    sealed(node);
    disk.died(life);
    holders.died(life);
    invariants.died(life);
    network.died(life, silently);
    commits.removeIf(commit -> commit.actor.belongsTo(node));
    suspect(node);
  }

  /** Sooner or later the others go on without the node, unless it is well again by then. */
  void suspect(SimNode node) {
    simulation.schedule(
        options.faults().detect(),
        simulation.world(),
        () -> {
          simulation.quiet();
          if (!isWell(node)) {
            membership.evict(node);
          }
        });
  }

  boolean isWell(SimNode node) {
    return node.life().isRunning() && !isCutOff(node);
  }

  /** Whether a node reaches too little to keep its lease. */
  boolean isCutOff(SimNode node) {
    return nemesis.isIsolated(node.id()) || node.store().hasLostPath();
  }

  /** Nothing of a log's life is added any more. */
  void sealed(SimNode node) {
    if (!node.log().isEnded()) {
      node.log().end();
      history.truncate(node.life(), node.log().durableLsn());
    }
  }

  private void sealed(LogId log) {
    for (SimNode node : lives) {
      if (node.id() == log.node() && node.life().incarnation() == log.incarnation()) {
        sealed(node);
      }
    }
  }

  private void deleted(LogId log) {
    for (SimNode node : lives) {
      if (node.id() == log.node() && node.life().incarnation() == log.incarnation()) {
        ((SimCoreLog) node.log()).forgetAll();
        redoForgotten();
      }
    }
    if (membership instanceof ClusterDriver driver) {
      driver.deleted(log);
    }
  }

  /** The shared storage is full, or it is not any more. */
  void fillUp(boolean full) {
    disk.fillUp(full);
    logDevice.fillUp(full);
    registry.fillUp(full);
    simulation.record(Trace.What.STORAGE_FULL, simulation.world(), full ? 1 : 0, 0);
  }

  void redoForgotten() {
    history.checkKept(disk);
  }

  /** A node reports that it cannot go on. */
  void failed(SimNode node, WeftException reason) {
    if (node.life().isDead() || node.stopReason().isPresent()) {
      return;
    }
    if (reason.code().equals(CoreErrors.NODE_STOPPED)) {
      return; // rule NF-4
    }
    node.stopReason(reason);
    simulation.record(Trace.What.STOPPED, node.life(), 0, 0, reason);
    boolean defect =
        reason.code() == CoreErrors.INVARIANT_BROKEN
            || reason.code() == RedoErrors.REDO_GAP
            || reason.code() == RedoErrors.CORRUPT_LOG;
    boolean findsNoSpace = reason.code() == RedoErrors.LOG_FULL && logDevice.lacksSpace();
    if (defect || !findsNoSpace && !membership.explains(node, reason)) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, node + " stops: " + reason, reason));
      return;
    }
    node.life().views().revokeLease();
    node.cache().fail(reason);
    membership.failed(node);
    node.transport().abort();
    if (!options.faults().kinds().isEmpty()) {
      nemesis.restartWhenDead(node.id());
    }
    simulation.schedule(0, node.life(), node.life()::stop); // shards stop one after the other
    simulation.schedule(options.network().broken(), simulation.world(), () -> kill(node, false));
  }

  /** A node installs a view that it has agreed on with others. */
  void installs(View view) {
    if (membership instanceof ClusterDriver driver) {
      driver.installs(view);
    }
  }

  /** Hears that a session between two members is over. */
  void lost(SimNode node, int peer) {
    Optional<SimNode> other = nodes.get(peer);
    if (other.isEmpty() || !membership.isMember(node) || !membership.isMember(other.get())) {
      return;
    }
    boolean mine = nemesis.isIsolated(node.id());
    SimNode victim =
        mine != nemesis.isIsolated(peer)
            ? mine ? node : other.get()
            : node.id() > peer ? node : other.get();
    victim.expectStop();
    membership.evict(victim);
  }

  /** A node gives up its blocks and goes. */
  void leave(SimNode node) {
    node.leave();
    simulation.record(Trace.What.DRAIN, node.life(), 0, 0);
    node.cache()
        .drain()
        .whenComplete(
            (nothing, error) -> {
              if (error == null && node.life().isRunning()) {
                simulation.schedule(0, node.life(), () -> membership.leave(node));
              }
            });
  }

  /** A node has left, and ends. */
  void endSoon(SimNode node) {
    simulation.schedule(options.network().broken(), simulation.world(), () -> kill(node, false));
  }

  // ---- running -------------------------------------------------------------------------------

  /** What a run was like. */
  public record Result(
      long seed,
      int operations,
      int failures,
      long steps,
      long virtualNs,
      long hash,
      long reordered,
      long resent,
      long disconnects,
      long views,
      int faults,
      int restarts,
      long lostVersions,
      long tornBlocks,
      long refusedWrites,
      long withoutSpace,
      long blockReadsFailed,
      int startsRefused,
      int acceptedLate,
      int registryCalls,
      int registryOvertaken,
      int registryCutShort,
      long sectorsLost,
      int checkpoints,
      long logsDeleted) {}

  /**
   * Runs the seed to its end.
   *
   * @throws Violation if an invariant is broken; the message tells how to repeat the run and what
   *     happened before
   */
  public Result run() {
    explaining(
        () -> {
          form();
          nemesis.begin();
          runUntil(() -> operations >= options.operations() && isAtRest());
          finish();
        });
    return result();
  }

  Result result() {
    return new Result(
        options.seed(),
        operations,
        failures,
        steps,
        simulation.now(),
        simulation.trace().hash(),
        network.reordered(),
        network.resent(),
        network.disconnects(),
        membership.views(),
        nemesis.faults(),
        restarts - options.nodes(),
        history.truncated(),
        disk.tornBlocks(),
        disk.refused(),
        disk.foundNoSpace(),
        disk.failedReads(),
        startsRefused,
        registry.acceptedLate(),
        registry.calls().made(),
        registry.calls().overtaken(),
        registry.calls().cutShort(),
        logDevice.sectorsLost(),
        checkpoints,
        membership.logsDeleted());
  }

  /** Runs something whose violations should say how to repeat them. */
  void explaining(Runnable part) {
    try {
      part.run();
    } catch (Violation e) {
      throw explained(e);
    } catch (RuntimeException | AssertionError e) {
      throw explained(new Violation(Invariant.NODE_RUNS, "a step threw " + e, e));
    }
  }

  /** Starts all nodes. */
  void form() {
    for (int node = 0; node < options.nodes(); node++) {
      start(node);
    }
  }

  /** Mends everything, and demands that everything is as it should be. */
  void finish() {
    finishing = true;
    heal();
    if (options.faults().coldEnd()) {
      boolean power = simulation.random().nextBoolean();
      killAll(power);
      heal();
    }
    drain();
    while (drainCutShort) { // by a failure that was on its way already
      heal();
      drain();
    }
    checkEnd();
  }

  /** Nobody runs, and the registry is an older one. */
  void setRegistryBack(int records) {
    registry.goBack(records);
    ((ClusterDriver) membership).forgetViews();
  }

  /** The power of a node's host fails, whether its process runs or has ended before. */
  void losePower(int id) {
    nodes.get(id).ifPresent(node -> kill(node, true));
    disk.losePower(id);
    history.checkKept(disk);
  }

  void killAll(boolean power) {
    for (Optional<SimNode> node : nodes) {
      node.ifPresent(each -> kill(each, false));
    }
    if (power) {
      disk.losePower();
      logDevice.losePower();
      history.checkKept(disk);
    }
  }

  /** Ends all faults, starts all nodes, and waits for the last view to be complete. */
  void heal() {
    nemesis.end();
    correctMistakes();
    network.heal();
    disk.heal();
    registry.heal();
    mendBlocks();
    for (Optional<SimNode> node : List.copyOf(nodes)) {
      if (node.isEmpty() || node.get().life().isDead()) {
        start(node.map(SimNode::id).orElseGet(() -> nodes.indexOf(node)));
      }
    }
    runUntil(
        () -> {
          for (Optional<SimNode> node : List.copyOf(nodes)) {
            if (node.orElseThrow().life().isDead()) {
              start(node.get().id());
            }
          }
          return membership.isQuiet()
              && membership.members().size() == options.nodes()
              && !disk.hasBeenInDoubt()
              && nodes.stream().allMatch(node -> isWell(node.orElseThrow()))
              && isAtRest();
        });
  }

  /** An operator notices what he has got wrong. */
  private void correctMistakes() {
    mistakes.clear();
    for (SimNode node : alive()) {
      if (!node.mistake().equals(Mistake.NONE)) {
        kill(node, false);
      }
    }
  }

  /** An operator mends what cannot be read, some time after everything else works again. */
  private void mendBlocks() {
    if (disk.hasBeenInDoubt()) {
      simulation.schedule(
          disk.failsReads() ? MENDED_NS : 0,
          simulation.world(),
          () -> {
            simulation.quiet();
            for (int block = 0; block < blocks.count(); block++) {
              disk.failReads(block, false);
            }
            askForQuarantined();
          });
    }
  }

  /** Somebody wants each block that is in quarantine, again and again: it is served at last. */
  private void askForQuarantined() {
    boolean some = false;
    for (SimNode node : alive()) {
      for (int block = 0; block < blocks.count(); block++) {
        BlockId id = new BlockId(blocks.file(block), blocks.number(block));
        if (node.cache().inspectDirectory(id).quarantined() && isWell(node)) {
          some = true;
          simulation.schedule(0, node.life(), () -> read(node, id));
        }
      }
    }
    if (some || !membership.isQuiet()) {
      simulation.schedule(
          ASK_AGAIN_NS,
          simulation.world(),
          () -> {
            simulation.quiet();
            askForQuarantined();
          });
    } else {
      disk.trustAll();
    }
  }

  /** Asks for a block, unless the node has begun to close: then another one is asked next time. */
  private void read(SimNode node, BlockId block) {
    Reading reading = node.cache().newReading(ReadConsistency.RELAXED);
    try {
      reading
          .sharedAsync(block.file(), block.number())
          .whenComplete((lease, error) -> simulation.schedule(0, node.life(), reading::close));
    } catch (WeftException e) {
      if (!e.code().equals(CoreErrors.NODE_CLOSED)) {
        throw e;
      }
    }
  }

  /** Lets things happen until a condition holds. */
  void runUntil(BooleanSupplier condition) {
    long deadline = simulation.now() + 2 * LIVENESS_LIMIT_NS;
    while (!condition.getAsBoolean()) {
      if (simulation.now() > deadline) {
        throw new Violation(Invariant.GRANTED, "it does not come to rest\n" + dump());
      }
      step();
    }
  }

  /** Whether no user of a living node waits for anything. */
  boolean isAtRest() {
    for (Optional<SimNode> node : nodes) {
      if (node.isPresent() && !node.get().life().isDead()) {
        for (Actor actor : node.get().actors()) {
          if (!actor.isIdle()) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private void drain() {
    drained.clear();
    drainCutShort = false;
    List<SimNode> draining = nodes.stream().map(Optional::orElseThrow).toList();
    for (SimNode each : draining) {
      simulation.schedule(
          options.workload().think(),
          each.life(),
          () -> {
            simulation.record(Trace.What.DRAIN, each.life(), 0, 0);
            each.cache().drain().whenComplete((nothing, error) -> onDrained(each, error));
          });
    }
    long deadline = simulation.now() + LIVENESS_LIMIT_NS;
    while (!draining.stream().allMatch(each -> each.life().isDead() || drained.contains(each))) {
      if (simulation.now() > deadline) {
        throw new Violation(Invariant.GRANTED, "draining does not end\n" + dump());
      }
      step();
    }
    drainCutShort |= draining.stream().anyMatch(each -> each.life().isDead());
    while (network.payloadsOut() > 0 && simulation.now() <= deadline && !simulation.isIdle()) {
      step();
    }
  }

  private void onDrained(SimNode node, Throwable error) {
    simulation.record(Trace.What.DRAIN, node.life(), 1, 0);
    drained.add(node);
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    if (cause instanceof WeftException known && known.code() == CoreErrors.NODE_STOPPED) {
      drainCutShort = true; // whether the node may stop has been judged when it did
    } else if (error != null) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, node + " cannot drain: " + error, error));
    }
  }

  void step() {
    if (simulation.isIdle()) {
      throw new Violation(Invariant.GRANTED, "nothing is left to happen\n" + dump());
    }
    Life life = simulation.step();
    if (!simulation.wasQuiet() && !life.isWorld() && !life.isDead()) {
      checkInvariants(life);
    }
    if (++steps % STEPS_PER_LIVENESS_CHECK == 0) {
      if (steps - stepsAtOperation > MOST_STEPS) {
        throw new Violation(
            Invariant.GRANTED,
            "no operation is done in "
                + (steps - stepsAtOperation)
                + " steps, after "
                + operations
                + " operations\n"
                + dump());
      }
      for (Optional<SimNode> node : nodes) {
        if (node.isPresent() && node.get().life().isRunning()) {
          for (Actor actor : node.get().actors()) {
            if (actor.isOverdue(simulation.now(), LIVENESS_LIMIT_NS)) {
              throw new Violation(Invariant.GRANTED, actor + "\n" + dump());
            }
          }
        }
      }
    }
  }

  private void checkInvariants(Life life) {
    invariants.check(nodes.get(life.node()).orElseThrow());
    if (disk.isShutTo(life) && life.isLeased()) { // VW-3: nobody counts it as stopped till then
      simulation.violate(
          Invariant.ONE_MASTER, life + " is shut out of the storage while its lease holds");
    }
    simulation.check();
  }

  private void checkEnd() {
    invariants.checkDrained();
    if (network.payloadsOut() > 0) {
      simulation.violate(Invariant.DRAINED, network.payloadsOut() + " payloads are not given back");
    }
    if (holders.leases() > 0) {
      simulation.violate(Invariant.DRAINED, holders.leases() + " leases are not given back");
    }
    for (Optional<SimNode> node : nodes) {
      if (node.orElseThrow().cache().waitingCallers() > 0) {
        simulation.violate(Invariant.DRAINED, node.get() + " still counts callers that wait");
      }
      var statistics = node.orElseThrow().cache().statistics();
      if (statistics.framesFree() != statistics.frames()) {
        simulation.violate(
            Invariant.DRAINED,
            node.get()
                + " has "
                + statistics.framesFree()
                + " free frames of "
                + statistics.frames());
      }
    }
    simulation.check();
  }

  // ---- hooks ---------------------------------------------------------------------------------

  void onAppend(Life life, long lsn, RedoRecord record) {
    if (options.actors() == 0) {
      history.append(life, lsn, record); // a script commits
      return;
    }
    Commit commit = commits.peek();
    if (commit == null || commit.actor.life() != life) {
      simulation.violate(Invariant.ATOMIC_CHANGE, life + " logs what nobody commits");
      return;
    }
    Actor committing = commit.actor;
    if (!life.views().leaseHolds() && commit.interruptions == interruptions.count()) {
      simulation.violate(Invariant.CONTRACT, life + " commits without a lease");
      return;
    }
    if (record.blocks() != commit.blocks) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          committing + " changed " + commit.blocks + " blocks, the record has " + record.blocks());
    }
    committing.logged();
    history.append(life, lsn, record);
    checkScn(life, record.scn());
    for (int i = 0; i < record.blocks(); i++) {
      int block = blocks.indexOf(record.file(i), record.number(i));
      if (block < 0 || !committing.wrote(block, record.version(i))) {
        simulation.violate(
            Invariant.ATOMIC_CHANGE,
            committing
                + " wrote something else than version "
                + record.version(i)
                + " of block "
                + new BlockId(record.file(i), record.number(i)));
      }
    }
  }

  /** Numbers of commits grow: all that was committed before a life began has smaller ones. */
  private void checkScn(Life life, long scn) {
    if (options.faults().clusterMembership().isPresent() && scn <= scnFloor.get(life)) {
      simulation.violate(
          Invariant.SCN_GROWS,
          life + " commits with SCN " + scn + " after there was " + scnFloor.get(life));
    }
    scnFloor.merge(life, scn, Math::max);
    newestScn = Math.max(newestScn, scn);
  }

  void committing(Actor actor, int changedBlocks) {
    commits.push(new Commit(actor, changedBlocks, interruptions.count()));
  }

  /** The commit has been made, or was empty. */
  void committed(Actor actor) {
    if (actor.life().isDead()) {
      return; // in the midst of it
    }
    if (commits.isEmpty() || commits.peek().actor != actor) {
      simulation.violate(Invariant.ATOMIC_CHANGE, actor + " commits beside another");
    }
    commits.poll();
  }

  /**
   * A commit under way.
   *
   * @param blocks changed in it
   * @param interruptions how many there had been when it began
   */
  private record Commit(Actor actor, int blocks, long interruptions) {}

  private void onShip(Life life, MemorySegment image, int checksum) {
    if (life.isStopped()) {
      simulation.violate(Invariant.CONTRACT, life + " ships after it has stopped");
    }
    if (!life.views().leaseHolds()) {
      return; // whoever gets it has another epoch
    }
    MemorySegment content =
        image.byteSize() == PHYSICAL_BYTES ? image.asSlice(BlockLayout.HEADER_BYTES) : image;
    long version = content.get(ValueLayout.JAVA_LONG, 0);
    int block = (int) content.get(ValueLayout.JAVA_LONG, Long.BYTES) - 1;
    if (block < 0 && version == 0) {
      return; // never written
    }
    if (block < 0 || block >= blocks.count() || version > history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE, life + " ships version " + version + " of block " + block);
    } else if (!history.isImage(block, version, simulation.checksum(content))) {
      simulation.violate(
          Invariant.DATA_VALUE,
          life
              + " ships version "
              + version
              + " with other content, of "
              + history.describe(block));
    } else if (version != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          life + " ships version " + version + " of " + history.describe(block));
    } else if (!history.isDurable(block, version)) {
      simulation.violate(Invariant.DURABLE_AT_SHIP, life + " ships " + history.describe(block));
    }
  }

  private boolean isLeased(int node) {
    return nodes.get(node).map(each -> each.life().isLeased()).orElse(false);
  }

  boolean wantsMore(SimNode node) {
    return operations < options.operations() && !finishing && !node.isLeaving();
  }

  boolean isFinishing() {
    return finishing;
  }

  int operations() {
    return operations;
  }

  void operationDone() {
    operations++;
    stepsAtOperation = steps;
  }

  void callFailed() {
    failures++;
  }

  Simulation simulation() {
    return simulation;
  }

  SimOptions options() {
    return options;
  }

  SimDirectory.Maps maps() {
    return maps;
  }

  /** Whether logs keep changes over several blocks as a whole (R28). */
  boolean changesStayWhole() {
    return changesStayWhole;
  }

  History history() {
    return history;
  }

  Holders holders() {
    return holders;
  }

  SimNetwork network() {
    return network;
  }

  SimDisk disk() {
    return disk;
  }

  SimRegistry registry() {
    return registry;
  }

  SimLogDevice logDevice() {
    return logDevice;
  }

  Driver membership() {
    return membership;
  }

  Nemesis nemesis() {
    return nemesis;
  }

  /** The present life of a node. */
  SimNode node(int id) {
    return nodes.get(id).orElseThrow();
  }

  /** Nodes whose process runs. */
  List<SimNode> alive() {
    return nodes.stream().flatMap(Optional::stream).filter(node -> !node.life().isDead()).toList();
  }

  /** The lives that a view names. */
  List<SimNode> livesOf(View view) {
    return lives.stream()
        .filter(node -> view.contains(new NodeId(node.id())))
        .filter(node -> view.incarnation(new NodeId(node.id())) == node.life().incarnation())
        .toList();
  }

  private boolean isRecovering() {
    return !membership.isComplete();
  }

  /** The counters of all engines, added up. */
  Map<String, Long> counters() {
    Map<String, Long> sums = new TreeMap<>();
    for (SimNode each : lives) {
      each.metrics()
          .counters()
          .forEach((name, counter) -> sums.merge(name, counter.sum(), Long::sum));
    }
    return sums;
  }

  // ---- telling -------------------------------------------------------------------------------

  private String dump() {
    StringBuilder text = new StringBuilder();
    text.append("epoch ").append(membership.epoch()).append(": ").append(membership.members());
    text.append(membership.isComplete() ? ", complete\n" : ", not complete\n");
    for (Optional<SimNode> node : nodes) {
      if (node.isPresent()) {
        Life life = node.get().life();
        text.append(life).append(" epoch ").append(life.views().epoch());
        text.append(life.isDead() ? " dead" : "").append(life.isPaused() ? " paused" : "");
        text.append(life.isStopped() ? " stopped" : "");
        text.append(life.views().leaseHolds() ? "" : " without lease");
        text.append(' ').append(node.get().cache().recoveryCounts()).append('\n');
        if (!life.isDead()) {
          for (Actor actor : node.get().actors()) {
            text.append("  ").append(actor).append('\n');
          }
        }
      }
    }
    return text.append(invariants.dump()).toString();
  }

  private Violation explained(Violation violation) {
    String text =
        violation.getMessage()
            + "\n\nrepeat with "
            + options.property()
            + options.seed()
            + ruleNames
            + "\n"
            + options
            + "\nafter "
            + operations
            + " operations, "
            + steps
            + " steps; the last events:\n"
            + simulation.trace().last(EVENTS_SHOWN, SimCluster::describe)
            + "\n"
            + violation.getMessage();
    return new Violation(violation, text);
  }

  private static String describe(Object detail) {
    return detail instanceof byte[] header ? CacheFusion.describe(header) : detail.toString();
  }

  @Override
  public void close() {
    for (SimNode node : lives) {
      node.life().die();
    }
    lives.forEach(node -> node.cache().close());
    history.close();
    simulation.close();
  }
}
