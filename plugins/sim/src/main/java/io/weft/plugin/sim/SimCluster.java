// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.cachefusion.CacheFusionSettings;
import io.weft.cachefusion.Rules;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A cluster in one thread: the engine as it is, on a simulated network, disk, log and clock, with
 * actors that use it and checkers that watch every step.
 */
final class SimCluster implements AutoCloseable {
  private static final int PHYSICAL_BYTES = BlockLayout.MIN_BYTES;

  /** Longest that a call may take, in virtual time; ordinary delays are a thousand times less. */
  private static final long LIVENESS_LIMIT_NS = 60_000_000_000L;

  private static final int STEPS_PER_LIVENESS_CHECK = 4_096;

  /** Ordinary seeds take less than a tenth. */
  private static final long MOST_STEPS = 2_000_000;

  private static final int EVENTS_SHOWN = 500;

  /** The node that leaves while the others go on. */
  private static final int LEAVER = 0;

  private final SimOptions options;
  private final Simulation simulation;
  private final Blocks blocks;
  private final SimRedoLog[] logs;
  private final History history;
  private final Holders holders;
  private final SimDisk disk;
  private final SimNetwork network;
  private final List<CacheFusion> caches = new ArrayList<>();
  private final List<SimRuntime> runtimes = new ArrayList<>();
  private final List<SimMetrics> metrics = new ArrayList<>();
  private final List<Actor> actors = new ArrayList<>();
  private final Invariants invariants;
  private final String ruleNames;

  private int operations;
  private int failures;
  private long steps;
  private Actor committing;
  private int blocksToCommit;
  private int nodesDrained;
  private boolean leaving;
  private long stopped;
  private long silent;

  /** Builds the cluster of the options, with engines that follow {@code rules}. */
  public SimCluster(SimOptions options, Rules rules) {
    this.options = options;
    this.ruleNames = rules == Rules.STANDARD ? "" : ", rules " + rules;
    this.simulation = new Simulation(options.seed(), PHYSICAL_BYTES);
    this.blocks =
        new Blocks(options.blocks(), options.neighbours(), new BlockLayout(PHYSICAL_BYTES));
    int nodes = options.nodes();
    this.logs = new SimRedoLog[nodes];
    this.history = new History(simulation, blocks, logs);
    this.holders = new Holders(simulation, blocks);
    this.disk = new SimDisk(simulation, history, options.disk());
    List<LamportClock> clocks =
        IntStream.range(0, nodes).mapToObj(n -> new LamportClock()).toList();
    this.network = new SimNetwork(simulation, options.network(), clocks, this::onShip);
    SimDirectory directory = new SimDirectory(options.seed(), nodes);
    List<Member> members =
        IntStream.range(0, nodes)
            .mapToObj(n -> new Member(new NodeId(n), "node" + n, n + 1))
            .toList();
    Views views = new StaticViews(new View(Epoch.FIRST, members));
    for (int node = 0; node < nodes; node++) {
      logs[node] = new SimRedoLog(simulation, node, options.log(), this::onAppend);
      metrics.add(new SimMetrics());
      runtimes.add(new SimRuntime(simulation, node, options.network().link()));
      caches.add(
          new CacheFusion(
              cacheSettings(),
              new NodeSettings("sim", new NodeId(node), 1, members, PHYSICAL_BYTES, Map.of()),
              runtimes.get(node),
              network.of(node),
              disk.of(node),
              views,
              directory,
              logs[node],
              metrics.get(node),
              clocks.get(node),
              onFailureOf(node),
              rules));
      network.of(node).start(new Peers(node));
    }
    this.invariants = new Invariants(simulation, history, disk, caches, directory);
    for (int i = 0; i < nodes * options.actors(); i++) {
      actors.add(new Actor(this, caches.get(i % nodes), i % nodes, i));
    }
  }

  private CacheFusionSettings cacheSettings() {
    return new CacheFusionSettings(
        options.frames(),
        options.shards(),
        options.prefetchWindow(),
        options.waiters(),
        options.writes(),
        options.pastImages(),
        Duration.ofMillis(1 + options.seed() % 50),
        options.freeFrames(),
        Duration.ofHours(1));
  }

  private NodeFailure onFailureOf(int node) {
    return reason ->
        simulation.violate(
            new Violation(Invariant.NODE_RUNS, "n" + node + " stops: " + reason, reason));
  }

  /** What a node does when it hears of its peers. */
  private final class Peers implements PeerListener {
    private final int node;

    Peers(int node) {
      this.node = node;
    }

    @Override
    public void onConnected(NodeId peer) {}

    @Override
    public void onGoodbye(NodeId peer) {
      caches.get(node).peerLeft(peer.value());
    }

    @Override
    public void onLost(NodeId peer, WeftException reason) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, "n" + node + " has lost " + peer, reason));
    }
  }

  private record StaticViews(View current) implements Views {
    @Override
    public boolean leaseHolds() {
      return true;
    }
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
      long disconnects) {}

  /**
   * Runs the seed to its end.
   *
   * @throws Violation if an invariant is broken; the message tells how to repeat the run and what
   *     happened before
   */
  public Result run() {
    try {
      network.connect();
      actors.forEach(Actor::rest);
      runUntilEverybodyRests();
      if (stopped == 0) {
        network.heal();
        disk.heal();
        drain();
        checkEnd();
      }
    } catch (Violation e) {
      throw explained(e);
    } catch (RuntimeException | AssertionError e) {
      throw explained(new Violation(Invariant.NODE_RUNS, "a step threw " + e, e));
    }
    return new Result(
        options.seed(),
        operations,
        failures,
        steps,
        simulation.now(),
        simulation.trace().hash(),
        network.reordered(),
        network.resent(),
        network.disconnects());
  }

  private void runUntilEverybodyRests() {
    while (stopped == 0 && (operations < options.operations() || options.failsAfter() > 0)
        || !actors.stream().allMatch(Actor::isIdle)) {
      step();
      if (options.leavesAfter() > 0 && operations >= options.leavesAfter() && !leaving) {
        leaving = true;
        drain(LEAVER);
      }
      if (options.failsAfter() > 0 && operations >= options.failsAfter() && stopped == 0) {
        stopAll();
      }
    }
  }

  /** Stops node 0, and then the others, which cannot do without it in a static view. */
  private void stopAll() {
    WeftException reason = new WeftException(CoreErrors.MEMBER_LOST, "planned end of n0");
    stop(0, reason);
    for (int node = 1; node < caches.size(); node++) {
      int other = node;
      simulation.schedule(options.network().broken(), other, () -> stop(other, reason));
    }
  }

  private void stop(int node, WeftException reason) {
    stopped |= 1L << node;
    caches.get(node).fail(reason);
    silent |= 1L << node; // shards stop one after the other: only now is nothing shipped any more
    disk.stopped(node);
    network.of(node).abort();
  }

  private void drain(int node) {
    simulation.schedule(
        options.workload().think(),
        node,
        () -> {
          simulation.record(Trace.What.DRAIN, node, 0, 0);
          caches.get(node).drain().whenComplete((nothing, error) -> onDrained(node, error));
        });
  }

  private void drain() {
    for (int node = leaving ? LEAVER + 1 : 0; node < caches.size(); node++) {
      drain(node);
    }
    long deadline = simulation.now() + LIVENESS_LIMIT_NS;
    while (nodesDrained < caches.size()) {
      if (simulation.now() > deadline) {
        throw new Violation(Invariant.GRANTED, "draining does not end\n" + dump());
      }
      step();
    }
    while (network.payloadsOut() > 0 && simulation.now() <= deadline && !simulation.isIdle()) {
      step();
    }
  }

  private void onDrained(int node, Throwable error) {
    simulation.record(Trace.What.DRAIN, node, 1, 0);
    nodesDrained++;
    if (leaving && node == LEAVER) {
      simulation.schedule(
          options.network().broken(),
          node,
          () -> caches.get(node).leave().whenComplete((nothing, failed) -> goodbye(node, failed)));
    }
    if (error != null) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, "n" + node + " cannot drain: " + error, error));
    }
  }

  private void goodbye(int node, Throwable error) {
    if (error != null) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, "n" + node + " cannot leave: " + error, error));
    }
    invariants.masterLeft(node);
    network.of(node).close();
  }

  private void step() {
    if (simulation.isIdle()) {
      throw new Violation(Invariant.GRANTED, "nothing is left to happen\n" + dump());
    }
    int node = simulation.step();
    if (!simulation.wasQuiet()) {
      invariants.check(node);
      simulation.check();
    }
    if (++steps % STEPS_PER_LIVENESS_CHECK == 0) {
      if (steps > MOST_STEPS) {
        throw new Violation(
            Invariant.GRANTED, operations + " operations in " + steps + " steps\n" + dump());
      }
      for (Actor actor : actors) {
        if (actor.isOverdue(simulation.now(), LIVENESS_LIMIT_NS)) {
          throw new Violation(Invariant.GRANTED, actor + "\n" + dump());
        }
      }
    }
  }

  private void checkEnd() {
    invariants.checkDrained();
    if (network.payloadsOut() > 0) {
      simulation.violate(Invariant.DRAINED, network.payloadsOut() + " payloads are not given back");
    }
    if (holders.leases() > 0) {
      simulation.violate(Invariant.DRAINED, holders.leases() + " leases are not given back");
    }
    for (int node = 0; node < caches.size(); node++) {
      var statistics = caches.get(node).statistics();
      if (statistics.framesFree() != statistics.frames()) {
        simulation.violate(
            Invariant.DRAINED,
            "n"
                + node
                + " has "
                + statistics.framesFree()
                + " free frames of "
                + statistics.frames());
      }
    }
    simulation.check();
  }

  // ---- hooks ---------------------------------------------------------------------------------

  private void onAppend(int node, long lsn, RedoRecord record) {
    if (committing == null || committing.node() != node) {
      simulation.violate(Invariant.ATOMIC_CHANGE, "n" + node + " logs what nobody commits");
      return;
    }
    if (record.blocks() != blocksToCommit) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          committing + " changed " + blocksToCommit + " blocks, the record has " + record.blocks());
    }
    history.append(node, lsn, record);
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

  void committing(Actor actor, int changedBlocks) {
    committing = actor;
    blocksToCommit = changedBlocks;
  }

  /** The commit has been made, or was empty. */
  void committed(Actor actor) {
    if (committing != actor) {
      simulation.violate(Invariant.ATOMIC_CHANGE, actor + " commits beside another");
    }
    committing = null;
  }

  private void onShip(int node, MemorySegment image, int checksum) {
    if ((silent & 1L << node) != 0) {
      simulation.violate(Invariant.CONTRACT, "n" + node + " ships after it has stopped");
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
          Invariant.DATA_VALUE, "n" + node + " ships version " + version + " of block " + block);
    } else if (!history.isImage(block, version, simulation.checksum(content))) {
      simulation.violate(
          Invariant.DATA_VALUE,
          "n"
              + node
              + " ships version "
              + version
              + " with other content, of "
              + history.describe(block));
    } else if (version != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          "n" + node + " ships version " + version + " of " + history.describe(block));
    } else if (!history.isDurable(block, version)) {
      simulation.violate(
          Invariant.DURABLE_AT_SHIP, "n" + node + " ships " + history.describe(block));
    }
  }

  boolean wantsMore(int node) {
    return (operations < options.operations() || options.failsAfter() > 0)
        && !isLeaving(node)
        && !isStopped(node);
  }

  boolean isLeaving(int node) {
    return leaving && node == LEAVER;
  }

  boolean isStopped(int node) {
    return (stopped & 1L << node) != 0;
  }

  boolean hasLeaver() {
    return leaving;
  }

  void operationDone() {
    operations++;
  }

  void failed(WeftException error) {
    failures++;
  }

  Simulation simulation() {
    return simulation;
  }

  SimOptions options() {
    return options;
  }

  History history() {
    return history;
  }

  Holders holders() {
    return holders;
  }

  SimRuntime runtime(int node) {
    return runtimes.get(node);
  }

  /** The counters of all engines, added up. */
  Map<String, Long> counters() {
    Map<String, Long> sums = new TreeMap<>();
    for (SimMetrics each : metrics) {
      each.counters().forEach((name, counter) -> sums.merge(name, counter.sum(), Long::sum));
    }
    return sums;
  }

  // ---- telling -------------------------------------------------------------------------------

  private String dump() {
    StringBuilder text = new StringBuilder();
    for (Actor actor : actors) {
      text.append("  ").append(actor).append('\n');
    }
    return text.append(invariants.dump()).toString();
  }

  private Violation explained(Violation violation) {
    String text =
        violation.getMessage()
            + "\n\nrepeat with -Dweft.seed="
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
    caches.forEach(CacheFusion::close);
    disk.close();
    history.close();
    simulation.close();
  }
}
