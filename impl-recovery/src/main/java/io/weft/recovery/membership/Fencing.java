// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import io.weft.spi.store.BlockStore;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Shuts out those who are out of a view, for good: first it makes certain that they have stopped,
 * then it fences them at the store and seals their logs. Works on blocking tasks, one at a time.
 *
 * <p>A step that fails is tried again, with growing pauses: recovery must not start without it, and
 * a node that has lost its storage stops by its lease. While the storage is full, whoever needs no
 * recovery is served, and recovery goes on when there is space.
 */
final class Fencing {
  private static final Logger LOG = System.getLogger("io.weft.membership");
  private static final long RETRY_NS = 20_000_000;

  private final NodeRuntime runtime;
  private final Executor lane;
  private final LongSupplier clock;
  private final ClusterRegistry registry;
  private final BlockStore store;
  private final LogDevice logs;
  private final long killNs;
  private final Effect.Fence order;
  private final BooleanSupplier overtaken;
  private final Runnable done;
  private final Set<Life> running;
  private final Setback failures;

  /**
   * Prepares.
   *
   * @param lane runs what blocks
   * @param clock the agreement's time, by a clock that does not run ahead
   * @param killNs when those may be killed that still run: a process that works has read by then
   *     that it is out, and has stopped by itself
   * @param overtaken whether another view is in force meanwhile
   * @param done runs on a thread that may block
   */
  Fencing(
      NodeRuntime runtime,
      Executor lane,
      LongSupplier clock,
      ClusterRegistry registry,
      BlockStore store,
      LogDevice logs,
      long killNs,
      Effect.Fence order,
      BooleanSupplier overtaken,
      Runnable done) {
    this.runtime = runtime;
    this.lane = lane;
    this.clock = clock;
    this.registry = registry;
    this.store = store;
    this.logs = logs;
    this.killNs = killNs;
    this.order = order;
    this.overtaken = overtaken;
    this.done = done;
    this.running = new HashSet<>(order.lives());
    this.failures = new Setback(LOG, runtime::nanoTime);
  }

  /** Begins; returns at once. */
  void start() {
    lane.execute(this::run);
  }

  private void run() {
    if (overtaken.getAsBoolean()) {
      return;
    }
    try {
      running.removeIf(this::hasStopped);
      if (running.isEmpty()) {
        fence();
        done.run();
        return;
      }
      again(RETRY_NS);
    } catch (WeftException e) {
      again(
          failures.met(
              () ->
                  "recovery of view "
                      + order.record().epoch()
                      + " waits, fencing has failed: "
                      + e));
    }
  }

  private void again(long delayNs) {
    runtime.schedule(delayNs, this::start);
  }

  private boolean hasStopped(Life life) {
    return registry.hasStopped(life.node(), life.incarnation(), mayKill())
        || clock.getAsLong() >= order.overNs();
  }

  /** Only who has proposed the newest view kills: nobody who has slept meanwhile. */
  private boolean mayKill() {
    return clock.getAsLong() >= killNs
        && registry.latest().filter(entry -> entry.epoch() == order.record().epoch()).isPresent();
  }

  private void fence() {
    Set<LogId> fenced = new TreeSet<>();
    order.lives().forEach(life -> fenced.add(life.log()));
    List<LogId> dead = dead(logs, order.record());
    fenced.addAll(dead);
    for (LogId life : fenced) {
      store.fence(life.node(), life.incarnation());
    }
    dead.forEach(logs::seal);
  }

  /** The logs of failed nodes that still exist. */
  static List<LogId> dead(LogDevice logs, ViewRecord record) {
    List<LogId> dead = new ArrayList<>();
    for (LogId log : logs.logs()) {
      if (record.isDead(new Life(log.node(), log.incarnation()))) {
        dead.add(log);
      }
    }
    return dead;
  }
}
