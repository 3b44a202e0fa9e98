// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.cachefusion.MasterySettings;
import io.weft.cachefusion.spec.LockRules;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.cluster.BucketMover;
import io.weft.plugin.sim.cluster.Checkpoints;
import io.weft.plugin.sim.cluster.FaultInjector;
import io.weft.plugin.sim.cluster.MemberChanger;
import io.weft.plugin.sim.cluster.NodeLifecycle;
import io.weft.plugin.sim.cluster.Operator;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.history.Holders;
import io.weft.plugin.sim.history.LockHistory;
import io.weft.plugin.sim.membership.ClusterDriver;
import io.weft.plugin.sim.membership.Driver;
import io.weft.plugin.sim.membership.SimMembership;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.Interruptions;
import io.weft.plugin.sim.node.LogHistory;
import io.weft.plugin.sim.node.NodeFactory;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.Reachability;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.node.SimStorage;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.Actors;
import io.weft.plugin.sim.run.ClusterSteps;
import io.weft.plugin.sim.run.CommitChecks;
import io.weft.plugin.sim.run.Draining;
import io.weft.plugin.sim.run.FailureText;
import io.weft.plugin.sim.run.Invariants;
import io.weft.plugin.sim.run.LockUsers;
import io.weft.plugin.sim.run.Progress;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.run.ShipChecks;
import io.weft.plugin.sim.storage.RegistryCalls;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.redo.LogId;
import io.weft.spi.store.BlockLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A cluster in one thread: the engine as it is, on a simulated network, disk, log and clock, with
 * actors that use it, a {@link FaultInjector} that harms it and checkers that watch every step.
 * Puts the parts together, and takes a run from its beginning to its end.
 */
final class SimCluster implements AutoCloseable {
  private static final int PHYSICAL_BYTES = BlockLayout.MIN_BYTES;

  private final SimOptions options;
  private final Simulation simulation;
  private final History history;
  private final Nodes nodes;
  private final Progress progress;
  private final SimNetwork network;
  private final SimStorage storage;
  private final LogHistory logs;
  private final Reachability reachability;
  private final NodeLifecycle lifecycle;
  private final Driver membership;
  private final Checkpoints checkpoints;
  private final BucketMover mover;
  private final Actors actors;
  private final FaultInjector injector;
  private final Operator operator;
  private final ClusterSteps steps;
  private final Draining draining;
  private final FailureText text;
  private final NodeFactory factory;
  private final LockHistory lockHistory;
  private Optional<LockUsers> lockUsers = Optional.empty();
  private Optional<MemberChanger> changer = Optional.empty();

  /** Builds the cluster of the options, with engines that follow {@code rules}. */
  SimCluster(SimOptions options, Rules rules) {
    this(options, rules, RecoveryRules.STANDARD);
  }

  /** The same with a membership and a recovery that follow rules of their own. */
  SimCluster(SimOptions options, Rules rules, RecoveryRules recoveryRules) {
    this.options = options;
    int count = options.nodes();
    this.simulation = new Simulation(options.seed(), PHYSICAL_BYTES);
    Blocks blocks =
        new Blocks(options.blocks(), options.neighbours(), new BlockLayout(PHYSICAL_BYTES));
    this.history = new History(simulation, blocks);
    this.nodes = new Nodes(count);
    this.progress = new Progress(options.operations());
    ShipChecks ships = new ShipChecks(simulation, history);
    this.network = new SimNetwork(simulation, options.network(), count, ships);
    if (!recoveryRules.dropsOldEpochs()) {
      network.handleOldEpochs();
    }
    this.storage =
        new SimStorage(
            simulation, options, recoveryRules, history, this::isRecovering, new StorageEvents());
    this.logs = new LogHistory(nodes, history, storage.disk());
    this.reachability = new Reachability(network, count);
    Interruptions interruptions =
        new Interruptions(options.seed(), simulation, this::check, this::step);
    CommitChecks commits = new CommitChecks(simulation, options, history, interruptions);
    this.factory =
        new NodeFactory(
            simulation, options, rules, recoveryRules, network, storage, commits, interruptions);
    this.lifecycle =
        new NodeLifecycle(
            simulation, options, factory, nodes, network, storage, logs, reachability);
    this.membership = membership(recoveryRules);
    lifecycle.drive(membership);
    this.injector =
        new FaultInjector(simulation, options, nodes, lifecycle, membership, reachability, storage);
    this.operator =
        new Operator(
            simulation, blocks, nodes, lifecycle, membership, reachability, storage.disk());
    this.checkpoints = new Checkpoints(simulation, options.faults(), logs, lifecycle);
    this.mover = new BucketMover(simulation, options, blocks);
    Holders holders = new Holders(simulation, blocks, count, nodes::isLeased);
    this.actors =
        new Actors(simulation, options, history, holders, storage.disk(), progress, commits, nodes);
    Invariants invariants =
        new Invariants(
            simulation,
            history,
            storage.disk(),
            nodes,
            options.mostPastImages(),
            options.mostDirectoryEntries());
    this.text =
        new FailureText(
            simulation,
            options,
            namesOf(rules, recoveryRules),
            nodes,
            membership,
            actors,
            invariants,
            progress);
    this.steps = new ClusterSteps(simulation, nodes, invariants, actors, progress, text);
    this.draining = new Draining(simulation, options, nodes, network, holders, invariants, steps);
    this.lockHistory = new LockHistory(simulation, this::isEntitled);
    lifecycle.onEnd(lockHistory::died);
    lifecycle.onStart(commits::started);
    lifecycle.onServe(actors::begin);
    lifecycle.onServe(checkpoints::begin);
    lifecycle.onServe(mover::begin);
    lifecycle.onEnd(holders::died);
    lifecycle.onEnd(invariants::died);
    lifecycle.onEnd(commits::died);
  }

  /** Lets users take locks, too; before the first step. */
  void useLocks(LockWorkload workload, LockRules rules) {
    factory.locks(workload, rules);
    LockUsers users = new LockUsers(simulation, workload, lockHistory, progress, nodes);
    lockUsers = Optional.of(users);
    mover.moveLocks(workload.names());
    steps.watch(users);
    lifecycle.onServe(users::begin);
  }

  /** Lets an operator change the members; before the first step. */
  void changeMembers() {
    factory.configure(node -> MemberChanger.configured(options, node));
    membership.membersChange();
    changer = Optional.of(new MemberChanger(simulation, options, storage.registry()));
  }

  /** A test changes the members: who votes is what the records of views say. */
  void followMembers() {
    membership.membersChange();
  }

  /** Lets buckets move by themselves; before the first step. */
  void moveByThemselves(MasterySettings settings, RemasterPolicy policy) {
    factory.mastery(settings, policy);
  }

  /** Whether what a process holds counts: its node is a member and does not leave. */
  private boolean isEntitled(SimProcess process) {
    return process.isLeased() && !nodes.of(process).isLeaving();
  }

  private Driver membership(RecoveryRules rules) {
    return options.faults().clusterMembership().isPresent()
        ? new ClusterDriver(lifecycle, simulation, options, rules, nodes, storage, network)
        : new SimMembership(lifecycle, simulation, options, rules, nodes, reachability, logs);
  }

  private static String namesOf(Rules rules, RecoveryRules recoveryRules) {
    return rules == Rules.STANDARD && recoveryRules == RecoveryRules.STANDARD
        ? ""
        : ", rules " + rules + " and " + recoveryRules;
  }

  /** Passes on what happens to the storage. */
  private final class StorageEvents implements SimStorage.Owner {
    @Override
    public void onSealed(LogId log) {
      logs.onSealed(log);
    }

    @Override
    public void onDeleted(LogId log) {
      logs.onDeleted(log);
      membership.onDeleted(log);
    }

    @Override
    public void onAccepted() {
      injector.onAccepted();
      changer.ifPresent(MemberChanger::onAccepted);
    }

    @Override
    public void oneEvent() {
      step();
    }
  }

  private boolean isRecovering() {
    return !membership.isComplete();
  }

  private void check(SimProcess process) {
    steps.check(process);
  }

  // ---- running ---------------------------------------------------------------------------------

  /**
   * Runs the seed to its end.
   *
   * @throws Violation if an invariant is broken; the message tells how to repeat the run and what
   *     happened before
   */
  RunResult run() {
    explaining(
        () -> {
          form();
          injector.begin();
          runUntil(() -> progress.hasEnough() && areAtRest());
          finish();
        });
    return result();
  }

  /** Runs something whose violations should say how to repeat them. */
  void explaining(Runnable part) {
    try {
      part.run();
    } catch (Violation e) {
      throw text.explained(e);
    } catch (RuntimeException | AssertionError e) {
      throw text.explained(new Violation(Invariant.NODE_RUNS, "a step threw " + e, e));
    }
  }

  /** Starts all nodes. */
  void form() {
    lifecycle.startMissing();
  }

  /** Lets the next event happen. */
  void step() {
    steps.step();
  }

  /** Lets things happen until a condition holds. */
  void runUntil(BooleanSupplier condition) {
    steps.runUntil(condition);
  }

  /** Mends everything, and demands that everything is as it should be. */
  void finish() {
    progress.finish();
    heal();
    if (options.faults().coldEnd()) {
      boolean power = simulation.random().nextBoolean();
      lifecycle.killAll(power);
      heal();
    }
    while (!draining.drain()) { // because of a failure that was on its way already
      heal();
    }
    draining.check();
  }

  /** Ends all faults, starts all nodes, and waits for the last view to be complete. */
  private void heal() {
    injector.end();
    changer.ifPresent(MemberChanger::mend);
    operator.correctMistakes();
    network.heal();
    storage.disk().heal();
    storage.registry().heal();
    operator.mendBlocks();
    runUntil(
        () -> {
          lifecycle.startMissing();
          return isHealthy();
        });
  }

  private boolean areAtRest() {
    return actors.areAtRest() && lockUsers.map(LockUsers::areAtRest).orElse(true);
  }

  private boolean isHealthy() {
    return membership.isQuiet()
        && membership.members().size() == options.nodes()
        && !storage.disk().hasBeenInDoubt()
        && nodes.all().stream().allMatch(reachability::isWell)
        && areAtRest();
  }

  /** What has happened so far. */
  RunResult result() {
    return new RunResult(
        options.seed(),
        progress.operations(),
        progress.failures(),
        progress.steps(),
        simulation.now(),
        simulation.trace().hash(),
        network.reordered(),
        network.resent(),
        network.disconnects(),
        counts());
  }

  private Map<String, Long> counts() {
    Map<String, Long> counts = new HashMap<>();
    counts.put("views", membership.views());
    counts.put("faults", (long) injector.faults());
    counts.put("restarts", (long) nodes.everStarted().size() - options.nodes());
    counts.put("versions lost", history.truncated());
    counts.put("blocks torn", storage.disk().tornBlocks());
    counts.put("writes refused", storage.disk().refused());
    counts.put("writes without space", storage.disk().foundNoSpace());
    counts.put("reads of bad blocks", storage.disk().failedReads());
    counts.put("starts refused", (long) membership.startsRefused());
    counts.put("proposals accepted late", (long) storage.registry().acceptedLate());
    RegistryCalls calls = storage.registry().calls();
    counts.put("registry calls that took time", (long) calls.made());
    counts.put("registry answers overtaken by a record", (long) calls.overtaken());
    counts.put("registry calls cut short by a death", (long) calls.cutShort());
    counts.put("log sectors lost", storage.logs().sectorsLost());
    counts.put("checkpoints", (long) checkpoints.made());
    counts.put("logs deleted", membership.logsDeleted());
    if (changer.isPresent()) {
      counts.put("requests to change the members", (long) changer.get().asked());
      counts.put("changes of the members", (long) changer.get().changed());
    }
    if (lockUsers.isPresent()) {
      counts.put("locks granted", lockHistory.grants());
      counts.put("values of locks seen", lockHistory.valuesSeen());
    }
    if (factory.movesByPolicy()) {
      counts.put("buckets moved by policy", nodes.movedByPolicy());
    }
    if (options.moves() != Delay.NONE) {
      counts.put("buckets moved", (long) mover.made());
      counts.put("moves kept", counters().get("cache-fusion.moves-kept"));
    }
    return counts;
  }

  /** The counters of all engines, added up. */
  Map<String, Long> counters() {
    return nodes.counters();
  }

  // ---- parts -----------------------------------------------------------------------------------

  Simulation simulation() {
    return simulation;
  }

  History history() {
    return history;
  }

  SimNetwork network() {
    return network;
  }

  SimStorage storage() {
    return storage;
  }

  Driver membership() {
    return membership;
  }

  Nodes nodes() {
    return nodes;
  }

  NodeLifecycle lifecycle() {
    return lifecycle;
  }

  @Override
  public void close() {
    nodes.everStarted().forEach(node -> node.process().die());
    nodes.everStarted().forEach(node -> node.cache().close());
    history.close();
    simulation.close();
  }
}
