// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.plugin.sim.membership.Driver;
import io.weft.plugin.sim.membership.ViewProbe;
import io.weft.plugin.sim.membership.ViewStep;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.Reachability;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.node.SimStorage;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.redo.LogId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Harms a cluster as a seed says: one fault after the other, and now and then a crash between two
 * steps of a view change. Keeps to what the promises allow: one node is always left in peace,
 * unless everything is meant to go down.
 */
public final class FaultInjector implements ViewProbe {
  /** A long fault lasts as long as so many outages. */
  private static final int LONG = 8;

  /** Longest that storage is full: a call that waits for it is served within the liveness limit. */
  private static final long LONGEST_FULL_NS = 20_000_000_000L;

  private final Simulation simulation;
  private final SimOptions options;
  private final Faults faults;
  private final Nodes nodes;
  private final NodeLifecycle lifecycle;
  private final Driver membership;
  private final Reachability reachability;
  private final SimStorage storage;
  private final List<Faults.Kind> kinds;
  private final Map<SimProcess, Long> lagged = new HashMap<>();
  private final List<LogId> vanishing = new ArrayList<>();
  private int done;
  private boolean over;

  public FaultInjector(
      Simulation simulation,
      SimOptions options,
      Nodes nodes,
      NodeLifecycle lifecycle,
      Driver membership,
      Reachability reachability,
      SimStorage storage) {
    this.simulation = simulation;
    this.options = options;
    this.faults = options.faults();
    this.nodes = nodes;
    this.lifecycle = lifecycle;
    this.membership = membership;
    this.reachability = reachability;
    this.storage = storage;
    this.kinds = List.copyOf(faults.kinds());
    if (!kinds.isEmpty()) {
      lifecycle.onFailure(node -> restartWhenDead(node.id()));
    }
    membership.probe(this);
  }

  /** How many faults there were. */
  public int faults() {
    return done;
  }

  public void begin() {
    if (!kinds.isEmpty()) {
      later();
    }
  }

  /** No fault from here on; those under way end. */
  public void end() {
    over = true;
    reachability.forgetIsolation();
    storage.fillUp(false);
    storage.logs().reappear();
    for (SimNode node : nodes.alive()) {
      node.process().slowDown(0);
      node.log().slowDown(0);
      node.log().failForce(false);
      node.logDevice().heal();
      node.store().heal();
      if (node.process().isPaused()) {
        resume(node);
      }
    }
  }

  private void later() {
    simulation.schedule(
        faults.between(),
        simulation.world(),
        () -> {
          simulation.quiet();
          if (!over && done < faults.most()) {
            harm(kinds.get(simulation.random().nextInt(kinds.size())));
            later();
          }
        });
  }

  @Override
  public void onStep(ViewStep step, long epoch, Optional<SimNode> node) {
    if (!over && done < faults.most() && simulation.chance(faults.inRecoveryPerMille())) {
      simulation.schedule(
          faults.membership().step(),
          simulation.world(),
          () -> {
            simulation.quiet();
            if (!over) {
              harm(Faults.Kind.CRASH);
            }
          });
    }
  }

  private Optional<SimNode> victim() {
    List<SimNode> well = new ArrayList<>();
    for (SimNode node : nodes.alive()) {
      if (reachability.isWell(node) && node.stopReason().isEmpty() && !node.isHarmed()) {
        well.add(node);
      }
    }
    int away = options.nodes() - well.size();
    if (well.size() < 2 || away >= faults.mostAway()) {
      return Optional.empty();
    }
    return Optional.of(well.get(simulation.random().nextInt(well.size())));
  }

  private void harm(Faults.Kind kind) {
    if (harmsAll(kind)) {
      return;
    }
    Optional<SimNode> victim = victim();
    if (victim.isPresent()) {
      done++;
      harmNode(victim.get(), kind);
    }
  }

  /** Injects a fault that needs no running node as its victim; false if this fault needs one. */
  private boolean harmsAll(Faults.Kind kind) {
    switch (kind) {
      case CRASH_ALL, LOSE_POWER -> {
        if (simulation.random().nextInt(4) != 0) {
          return true;
        }
        crashAll(kind == Faults.Kind.LOSE_POWER);
      }
      case REGISTRY_GOES_BACK -> {
        crashAll(false);
        storage.registry().goBack(1 + simulation.random().nextInt(3));
        membership.forgetViews();
        after(storage.registry()::restore);
      }
      case LEAVE_ALL -> leaveAll();
      case LOSE_POWER_OF_HOST -> {
        if (!loseDeadHost()) {
          return false;
        }
      }
      case DISK_FULL -> {
        storage.fillUp(true);
        after(() -> storage.fillUp(false));
      }
      case BLOCK_UNREADABLE -> failReads();
      case STORE_FULL -> {
        storage.disk().lackAllSpace(true);
        long lasting = LONG * faults.outage().sample(simulation.random());
        afterNs(Math.min(lasting, LONGEST_FULL_NS), () -> storage.disk().lackAllSpace(false));
      }
      default -> {
        return false;
      }
    }
    done++;
    return true;
  }

  private void harmNode(SimNode node, Faults.Kind kind) {
    int id = node.id();
    int peer = (id + 1 + simulation.random().nextInt(options.nodes() - 1)) % options.nodes();
    switch (kind) {
      case CRASH -> crash(node, false);
      case LOSE_POWER_OF_HOST -> {
        node.expectStop();
        lifecycle.losePower(id);
        restartWhenDead(id);
      }
      case LOG_VANISHES -> vanish(node);
      case REGISTRY_FAILS -> failRegistry(node);
      case STORAGE_AWAY -> mistake(node, Mistake.storage(simulation.random()));
      case OTHER_SETTINGS -> mistake(node, Mistake.SETTINGS);
      case CRASH_SILENTLY -> crash(node, true);
      case PAUSE -> pause(node, node.process()::pause);
      case SUSPEND -> pause(node, node.process()::suspend);
      case BOOT_CLOCK_LEAP -> {
        node.expectLateLease(); // its lease may be over
        node.process().stepBootClock(simulation.random().nextLong(3 * faults.leaseNs()));
        restartWhenDead(id);
      }
      case BOOT_CLOCK_LAG -> lag(node.process());
      case ISOLATE -> isolate(node, true, true);
      case ISOLATE_ONE_WAY -> {
        boolean towards = simulation.random().nextBoolean();
        isolate(node, towards, !towards);
      }
      case CUT_LINK -> {
        reachability.cutLink(id, peer);
        after(() -> reachability.mendLink(id, peer));
      }
      case RESET -> reachability.reset(id, peer);
      case SLOW -> {
        node.expectLateLease(); // late for its lease
        node.process().slowDown(faults.between().sample(simulation.random()) / 20);
        after(() -> node.process().slowDown(0));
        restartWhenDead(id);
      }
      case EVICT -> {
        node.expectStop();
        membership.evict(node);
        restartWhenDead(id);
      }
      case WRITE_FAILS -> {
        node.expectStop();
        node.store().failWrites();
        restartWhenDead(id);
      }
      case FORCE_FAILS -> {
        node.expectStop();
        node.log().failForce(true);
        restartWhenDead(id);
      }
      case LOG_FULL -> {
        node.expectStop();
        if (faults.coreLog()) {
          node.logDevice().fillUp();
        } else {
          node.log().failForce(true);
        }
        restartWhenDead(id);
      }
      case DIE_IN_LOG -> {
        if (faults.coreLog()) {
          node.expectStop();
          node.logDevice().dieIn(1 + simulation.random().nextInt(4));
          restartWhenDead(id);
        } else {
          crash(node, false);
        }
      }
      case SLOW_LOG -> {
        node.log().slowDown(faults.outage().sample(simulation.random()));
        after(() -> node.log().slowDown(0));
      }
      case LOSE_STORAGE -> {
        node.expectLossOfLease();
        node.store().losePath();
        node.logDevice().losePath();
        node.log().failForce(true);
        lifecycle.suspect(node);
        restartWhenDead(id);
      }
      case FENCE_FAILS -> {
        storage.disk().failFences(1 + simulation.random().nextInt(5));
        crash(node, false);
      }
      case CLOCK_STEP ->
          node.process().stepWallClock(simulation.random().nextInt(7_200_000) - 3_600_000);
      case LEAVE -> {
        if (!node.serves() && faults.clusterMembership().isPresent()) {
          return; // an application has no node to close before it serves
        }
        node.expectStop();
        simulation.schedule(0, node.process(), () -> lifecycle.leave(node));
        restartWhenDead(id);
      }
      case CRASH_ALL,
          LOSE_POWER,
          DISK_FULL,
          BLOCK_UNREADABLE,
          STORE_FULL,
          REGISTRY_GOES_BACK,
          LEAVE_ALL ->
          throw new IllegalStateException(kind + " has no victim");
    }
  }

  /** Whether there was a node whose process has ended, and whose host goes down now, too. */
  private boolean loseDeadHost() {
    for (int id = 0; id < options.nodes(); id++) {
      if (nodes.node(id).process().isDead()) {
        lifecycle.losePower(id);
        return true;
      }
    }
    return false;
  }

  /**
   * Lets reads of a block fail. Every second time that ends only when the block is mended by hand,
   * after the faults are over.
   */
  private void failReads() {
    int block = simulation.random().nextInt(options.blocks());
    storage.disk().failReads(block, true);
    if (simulation.random().nextBoolean()) {
      after(() -> storage.disk().failReads(block, false));
    }
  }

  /**
   * Crashes a node and lets its log vanish: at once, with the next view, or some time later, which
   * may be before the log has been read or after.
   */
  private void vanish(SimNode node) {
    crash(node, false);
    LogId log = new LogId(node.id(), node.process().incarnation());
    switch (simulation.random().nextInt(3)) {
      case 0 -> vanish(log);
      case 1 -> vanishing.add(log);
      default -> afterNs(simulation.random().nextLong(2 * faults.leaseNs()), () -> vanish(log));
    }
  }

  /** It starts again with a mistake, which an operator finds after a while. */
  private void mistake(SimNode node, Mistake mistake) {
    int id = node.id();
    lifecycle.mistakes().make(id, mistake);
    afterNs(
        LONG * faults.outage().sample(simulation.random()),
        () -> {
          if (!over) {
            lifecycle.mistakes().make(id, Mistake.NONE);
            SimNode present = nodes.node(id);
            if (!present.mistake().equals(Mistake.NONE)) {
              crash(present, false);
            }
          }
        });
    crash(node, false);
  }

  /** Lets the registry fail. What a node writes may take effect although the call fails. */
  private void failRegistry(SimNode node) {
    List<SimNode> those = simulation.random().nextBoolean() ? List.of(node) : nodes.alive();
    for (SimNode each : those) {
      each.expectLateLease(); // its lease may be over before that
      each.registry().fails(true);
      restartWhenDead(each.id());
    }
    after(() -> those.forEach(each -> each.registry().fails(false)));
  }

  private void vanish(LogId log) {
    if (!over) {
      simulation.record(Trace.What.VANISHED, log.node(), log.incarnation(), 0);
      storage.disk().doubtAll(); // what a recovery has not read yet it cannot recover
      storage.logs().vanish(log);
      after(storage.logs()::reappear);
    }
  }

  /** The registry has accepted a view. */
  public void onAccepted() {
    vanishing.forEach(this::vanish);
    vanishing.clear();
  }

  private void after(Runnable end) {
    afterNs(faults.outage().sample(simulation.random()), end);
  }

  private void afterNs(long delayNs, Runnable end) {
    simulation.schedule(
        delayNs,
        simulation.world(),
        () -> {
          simulation.quiet();
          end.run();
        });
  }

  private void crash(SimNode node, boolean silently) {
    node.expectStop();
    lifecycle.kill(node, silently);
    restartWhenDead(node.id());
  }

  private void leaveAll() {
    for (SimNode node : nodes.alive()) {
      if (node.serves() && reachability.isWell(node) && !node.isLeaving()) {
        node.expectStop();
        simulation.schedule(0, node.process(), () -> lifecycle.leave(node));
        restartWhenDead(node.id());
      }
    }
  }

  private void crashAll(boolean power) {
    lifecycle.killAll(power);
    for (int id = 0; id < options.nodes(); id++) {
      restartWhenDead(id);
    }
  }

  /** Starts the node again some time after its end, or forgets about it if it got over it. */
  void restartWhenDead(int id) {
    SimNode node = nodes.node(id);
    after(
        () -> {
          if (over || nodes.node(id) != node) {
            return;
          }
          if (node.process().isDead() && !reachability.isIsolated(id)) {
            lifecycle.start(id);
          } else if (node.isHarmless()
              && reachability.isWell(node)
              && node.process().isLeased()
              && membership.isMember(node)) {
            node.forgive();
          } else {
            restartWhenDead(id);
          }
        });
  }

  /** All that the clock of a process loses is within the margin, whichever leases it falls into. */
  private void lag(SimProcess process) {
    long left = faults.marginNs() / 2 - lagged.getOrDefault(process, 0L);
    if (left > 1) {
      long step = 1 + simulation.random().nextLong(left - 1);
      lagged.merge(process, step, Long::sum);
      process.stepBootClock(-step);
    }
  }

  private void pause(SimNode node, Runnable begin) {
    node.expectLateLease();
    simulation.record(Trace.What.PAUSED, node.process(), 0, 0);
    begin.run();
    lifecycle.suspect(node);
    after(() -> resume(node));
    restartWhenDead(node.id());
  }

  private void resume(SimNode node) {
    if (node.process().isPaused() && !node.process().isDead()) {
      simulation.record(Trace.What.RESUMED, node.process(), 0, 0);
      simulation.resume(node.process());
    }
  }

  private void isolate(SimNode node, boolean towards, boolean from) {
    int id = node.id();
    node.expectLateLease();
    reachability.isolate(id, towards, from);
    lifecycle.suspect(node);
    after(() -> reachability.reconnect(id));
    restartWhenDead(id);
  }
}
