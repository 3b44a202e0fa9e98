// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.runtime.NodeRuntime;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * Carries out {@link Effect.Rebuild}: reads the redo of failed nodes and passes it to the cache,
 * which recovers the blocks. Called on the serial executor; logs are read on a blocking lane.
 */
final class RedoRecovery {
  /**
   * Attempts before a log counts as damaged. A log may vanish while it is read, if a former
   * proposer is just deleting what no node needs.
   */
  private static final int READ_ATTEMPTS = 3;

  private static final long READ_AGAIN_NS = 50_000_000;

  /** Pause before a damaged log is read again: an operator may have repaired it. */
  private static final long REPAIRED_NS = 5_000_000_000L;

  /** Of so many attempts one writes a log line: one line a minute. */
  private static final int ATTEMPTS_PER_LINE = 12;

  private final NodeRuntime runtime;
  private final Executor lane;
  private final FailedNodeLogs logs;
  private final BlockService blocks;
  private final AgreementLoop loop;
  private final ViewInForce view;
  private final RecoveryMonitor monitor;
  private final MembershipLog log;

  /**
   * Makes one that has nothing under way.
   *
   * @param lane runs what blocks
   */
  RedoRecovery(
      NodeRuntime runtime,
      Executor lane,
      FailedNodeLogs logs,
      BlockService blocks,
      AgreementLoop loop,
      ViewInForce view,
      RecoveryMonitor monitor,
      MembershipLog log) {
    this.runtime = runtime;
    this.lane = lane;
    this.logs = logs;
    this.blocks = blocks;
    this.loop = loop;
    this.view = view;
    this.monitor = monitor;
    this.log = log;
  }

  /** A witness masters no block, so it needs no redo. */
  void skip(Effect.Rebuild order) {
    monitor.beginRedo(loop.now());
    loop.execute((agreement, now) -> agreement.onRecovered(order.record().epoch(), now));
  }

  /** Begins to recover; returns at once. */
  void recover(Effect.Rebuild order) {
    read(order, 1);
  }

  private void read(Effect.Rebuild order, int attempt) {
    long epoch = order.record().epoch();
    long start = loop.now();
    monitor.beginRedo(start);
    OwnBuckets own = view.ownBuckets();
    lane.execute(
        () -> {
          if (view.isOver(epoch)) {
            return; // another view has come while this one waited for its turn
          }
          try {
            FailedNodeLogs.Redo redo = logs.read(order, own, more -> onReading(epoch, more));
            loop.execute((_, _) -> give(epoch, redo, start));
          } catch (WeftException e) {
            onUnreadable(order, attempt, e);
          }
        });
  }

  private void onReading(long epoch, long records) {
    loop.execute(
        (_, now) -> {
          if (view.is(epoch)) {
            monitor.onReading(records, now);
          }
        });
  }

  /**
   * A log of a failed node cannot be read. Which blocks it has redo for is unknown, so all blocks
   * that no member holds wait; those that members hold are served. The log is read again from time
   * to time, so an operator who has repaired it, or cut it on purpose, need not restart anything.
   */
  private void onUnreadable(Effect.Rebuild order, int attempt, WeftException e) {
    long epoch = order.record().epoch();
    if (view.isOver(epoch)) {
      return;
    }
    if (e.code().equals(RedoErrors.UNKNOWN_LOG_FORMAT)) {
      view.onStepFailed(epoch, "reading the redo of failed nodes", e);
      return;
    }
    boolean lasts = attempt >= READ_ATTEMPTS;
    view.onRedoTrouble("the redo of a failed node, which cannot be read: " + e.getMessage());
    if (lasts && (attempt - READ_ATTEMPTS) % ATTEMPTS_PER_LINE == 0) {
      log.write(
          Level.ERROR,
          () ->
              "the recovery of view "
                  + epoch
                  + " waits, because the redo of a failed node cannot be read: "
                  + e
                  + "; blocks that members hold are served, all others wait; it is read again every"
                  + " "
                  + REPAIRED_NS / 1_000_000_000
                  + " s: restore the log, or give up what is behind the damage with \"weft log"
                  + " cut\"");
    }
    runtime.schedule(
        lasts ? REPAIRED_NS : READ_AGAIN_NS,
        () -> loop.execute((_, _) -> read(order, attempt + 1)));
  }

  private void give(long epoch, FailedNodeLogs.Redo redo, long start) {
    if (!view.is(epoch)) {
      return;
    }
    blocks.clock().observe(redo.found().maxScn());
    view.onRedoRead(redo.logs());
    monitor.onRedoRead(redo.logs(), redo.found(), start);
    blocks
        .cache()
        .startRecovery(epoch, redo.found().redo())
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                loop.execute(
                    (agreement, now) -> {
                      if (view.is(epoch)) { // the next one may have come meanwhile
                        monitor.onRecovered(now);
                      }
                      agreement.onRecovered(epoch, now);
                    });
              } else {
                view.onStepFailed(epoch, "recovering blocks", thrown);
              }
            });
  }
}
