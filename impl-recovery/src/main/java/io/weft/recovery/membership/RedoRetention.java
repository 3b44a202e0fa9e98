// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.runtime.NodeRuntime;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Keeps the redo logs of failed nodes until no node needs them. Carries out {@link
 * Effect.Complete}: has the cache write back what depends on that redo; and {@link
 * Effect.DeleteLogs}. Called on the serial executor; logs are deleted on a blocking lane.
 */
final class RedoRetention {
  /** Pause before the quarantined blocks are looked at again. */
  private static final long LOOK_AGAIN_NS = 5_000_000_000L;

  /** Quarantined blocks that a message names. */
  private static final int BLOCKS_NAMED = 16;

  private final NodeRuntime runtime;
  private final Executor lane;
  private final FailedNodeLogs logs;
  private final CoherentCache cache;
  private final AgreementLoop loop;
  private final ViewInForce view;
  private final RecoveryMonitor monitor;
  private final MembershipLog log;

  /** The quarantined blocks of the last log line. */
  private volatile List<BlockId> keptFor = List.of();

  /**
   * Makes one that has nothing under way.
   *
   * @param lane runs what blocks
   */
  RedoRetention(
      NodeRuntime runtime,
      Executor lane,
      FailedNodeLogs logs,
      CoherentCache cache,
      AgreementLoop loop,
      ViewInForce view,
      RecoveryMonitor monitor,
      MembershipLog log) {
    this.runtime = runtime;
    this.lane = lane;
    this.logs = logs;
    this.cache = cache;
    this.loop = loop;
    this.view = view;
    this.monitor = monitor;
    this.log = log;
  }

  /** All members serve: writes back what depends on the redo of failed nodes. */
  void complete(ViewRecord record) {
    long epoch = record.epoch();
    monitor.complete(epoch);
    if (view.logsRead() == 0) { // so at a witness
      onSaved(epoch);
      return;
    }
    cache
        .checkpoint()
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                save(epoch);
              } else {
                view.onStepFailed(epoch, "writing back what was recovered", thrown);
              }
            });
  }

  /** This node has everything on disk; the redo is not needed unless a block is in quarantine. */
  private void save(long epoch) {
    cache
        .quarantined()
        .whenComplete(
            (blocks, thrown) -> {
              if (thrown == null && blocks.isEmpty()) {
                onSaved(epoch);
              } else if (thrown == null) {
                saveLater(epoch, blocks);
              } else {
                view.onStepFailed(epoch, "looking for quarantined blocks", thrown);
              }
            });
  }

  private void onSaved(long epoch) {
    loop.execute((agreement, now) -> agreement.onSaved(epoch, now));
  }

  /**
   * Looks again later whether blocks are still in quarantine: an operator may restore or forget the
   * last one without any other event in the cluster.
   */
  private void saveLater(long epoch, List<BlockId> quarantined) {
    if (!quarantined.equals(keptFor)) {
      keptFor = quarantined;
      log.info(
          "the redo logs of failed nodes are kept, because %d blocks are quarantined: %s",
          quarantined.size(), quarantined.subList(0, Math.min(quarantined.size(), BLOCKS_NAMED)));
    }
    runtime.schedule(
        LOOK_AGAIN_NS,
        () -> {
          if (!view.isOver(epoch)) {
            save(epoch);
          }
        });
  }

  /** No node needs the redo of failed nodes any more. */
  void deleteLogs(ViewRecord record) {
    lane.execute(
        () -> {
          try {
            logs.delete(record, deleted -> log.info("redo log %s is not needed any more", deleted));
          } catch (WeftException e) {
            log.write(
                Level.WARNING,
                () ->
                    "redo logs that no node needs any more are kept until the next view change: "
                        + e);
          }
        });
  }
}
