// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogId;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Carries out {@link Effect.Fence}: shuts the failed nodes of a view out for good. First it makes
 * certain that they have stopped, then it fences them at the block store and seals their logs.
 * Called on the serial executor; the steps run on a blocking lane, one at a time.
 *
 * <p>A step that fails is tried again, with growing pauses: recovery must not start without it, and
 * a node that has lost its storage stops by its lease. While the storage is full, blocks that need
 * no recovery are served, and recovery goes on when there is space.
 */
final class Fencing {
  private static final long RETRY_NS = 20_000_000;

  private final NodeRuntime runtime;
  private final Executor lane;
  private final AgreementClock clock;
  private final SharedStorage storage;
  private final long killAfterNs;
  private final AgreementLoop loop;
  private final ViewInForce view;
  private final MembershipLog log;

  /**
   * Makes one that has nothing under way.
   *
   * @param lane runs what blocks
   * @param killAfterNs how long after the order a process that still runs may be killed: one that
   *     works has read by then that it is out, and has stopped by itself
   */
  Fencing(
      NodeRuntime runtime,
      Executor lane,
      AgreementClock clock,
      SharedStorage storage,
      long killAfterNs,
      AgreementLoop loop,
      ViewInForce view,
      MembershipLog log) {
    this.runtime = runtime;
    this.lane = lane;
    this.clock = clock;
    this.storage = storage;
    this.killAfterNs = killAfterNs;
    this.loop = loop;
    this.view = view;
    this.log = log;
  }

  /** Begins to fence the failed nodes of a view; returns at once. */
  void fence(Effect.Fence order) {
    new Run(order).start();
  }

  /** The fencing of one view. Its steps follow each other, so no two threads are in it at once. */
  private final class Run {
    private final Effect.Fence order;
    private final long epoch;
    private final long startNs = clock.now();
    private final LongSupplier patientClock = clock.patient();
    private final Set<NodeIncarnation> running;
    private final Setback failures = log.setback();

    Run(Effect.Fence order) {
      this.order = order;
      this.epoch = order.record().epoch();
      this.running = new HashSet<>(order.incarnations());
    }

    void start() {
      lane.execute(this::step);
    }

    private void step() {
      if (view.isOver(epoch)) {
        return;
      }
      try {
        running.removeIf(this::hasStopped);
        if (running.isEmpty()) {
          shutOut();
          loop.execute(this::finish);
          return;
        }
        again(RETRY_NS);
      } catch (WeftException e) {
        again(
            failures.met(
                () -> log.line("recovery of view " + epoch + " waits, fencing has failed: " + e)));
      }
    }

    private void again(long delayNs) {
      runtime.schedule(delayNs, this::start);
    }

    private boolean hasStopped(NodeIncarnation incarnation) {
      return storage.registry().hasStopped(incarnation.node(), incarnation.number(), mayKill())
          || patientClock.getAsLong() >= order.overNs();
    }

    /** Only the proposer of the newest view kills: not a node that was suspended meanwhile. */
    private boolean mayKill() {
      return patientClock.getAsLong() >= startNs + killAfterNs
          && storage.registry().latest().filter(entry -> entry.epoch() == epoch).isPresent();
    }

    private void shutOut() {
      Set<LogId> fenced = new TreeSet<>();
      order.incarnations().forEach(incarnation -> fenced.add(incarnation.log()));
      List<LogId> failed = FailedNodeLogs.of(storage.logs(), order.record());
      fenced.addAll(failed);
      for (LogId shut : fenced) {
        storage.blocks().fence(shut.node(), shut.incarnation());
      }
      failed.forEach(storage.logs()::seal);
    }

    private void finish(ViewAgreement agreement, long now) {
      if (!order.incarnations().isEmpty()) {
        log.info(
            "%s stopped and fenced after %.1f ms", order.incarnations(), (now - startNs) / 1e6);
      }
      agreement.onFenced(epoch, now);
    }
  }
}
