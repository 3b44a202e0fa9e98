// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.RecoveryProgress;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;

/**
 * Follows the recovery of the view in force: its phases, metrics and log lines. It reports the node
 * as joined when all blocks that need no redo are served. Owned by the serial executor.
 */
final class RecoveryMonitor {
  /** Interval at which the cache is asked about a recovery under way, 5 ms. */
  private static final long WATCH_NS = 5_000_000;

  private final OwnNode node;
  private final AgreementLoop loop;
  private final CoherentCache cache;
  private final RecoveryTrack track;
  private final MembershipOutcome outcome;
  private final MembershipLog log;

  private final Counter total;
  private final Counter successful;
  private final Counter failed;
  private final Counter redoRecords;
  private final Counter blocksRecovered;
  private final Recorder time;

  private boolean redoGiven;
  private boolean served;
  private boolean watching;

  RecoveryMonitor(
      OwnNode node,
      AgreementLoop loop,
      CoherentCache cache,
      RecoveryTrack track,
      MembershipOutcome outcome,
      MembershipLog log) {
    this.node = node;
    this.loop = loop;
    this.cache = cache;
    this.track = track;
    this.outcome = outcome;
    this.log = log;
    Metrics metrics = node.metrics();
    total = metrics.counter("recovery.total", "View changes that this node has begun.");
    successful = metrics.counter("recovery.successful", "View changes that came to their end.");
    failed = metrics.counter("recovery.failed", "View changes overtaken by another one.");
    redoRecords =
        metrics.counter("recovery.redo-records", "Redo records of failed nodes that were read.");
    blocksRecovered =
        metrics.counter("recovery.blocks-recovered", "Blocks brought up to date from redo here.");
    time = metrics.recorder("recovery.time", "Time from the detection to the end of recovery.");
  }

  /** The agreement has something to report. */
  void note(Effect.Note note) {
    long now = loop.now();
    switch (note.step()) {
      case DETECTED -> track.detect(note.epoch() + 1, now);
      case ELECTED -> track.elect(note.epoch() + 1, now);
      case WAITING -> {}
    }
    log.info("%s", note.text());
  }

  /** A view comes into force. */
  void begin(long epoch, long now) {
    if (track.freeze(epoch, now)) {
      failed.increment();
    }
    total.increment();
    redoGiven = false;
    served = false;
  }

  /** The redo of failed nodes begins to be read. */
  void beginRedo(long now) {
    track.readRedo(now);
  }

  /** More records have been read. */
  void onReading(long records, long now) {
    track.reading(records, now);
  }

  /**
   * The redo of failed nodes has been read.
   *
   * @param sinceNs when this began
   */
  void onRedoRead(int logs, RecoveryRedoReader.Found found, long sinceNs) {
    redoGiven = true;
    redoRecords.add(found.records());
    long now = loop.now();
    track.redoRead(found.records(), now);
    if (logs > 0) {
      log.info(
          "read %d records of %d logs of failed nodes in %.1f ms",
          found.records(), logs, (now - sinceNs) / 1e6);
    }
  }

  /** This node serves all its blocks. */
  void onRecovered(long now) {
    look(now);
    serve();
  }

  /** All members serve. */
  void complete(long epoch) {
    long now = loop.now();
    look(now);
    track.complete(now);
    successful.increment();
    time.record(track.elapsedNs(now));
    long blocks = track.progress().map(RecoveryProgress::blocksRecovered).orElse(0L);
    blocksRecovered.add(blocks);
    log.info(
        "view %d is complete after %.1f ms, %d blocks recovered here",
        epoch, track.elapsedMs(now), blocks);
  }

  /** Asks the cache at intervals until the recovery ends: it does not report its phases. */
  void watch() {
    if (!watching) {
      watching = true;
      node.runtime()
          .schedule(
              WATCH_NS,
              () ->
                  loop.executeBriefly(
                      (_, now) -> {
                        watching = false;
                        if (track.isUnderWay()) {
                          look(now);
                          watch();
                        }
                      }));
    }
  }

  private void look(long now) {
    if (redoGiven && track.isUnderWay()) {
      CoherentCache.RecoveryCounts counts = cache.recoveryCounts();
      track.count(counts, now);
      if (counts.rebuilt()) {
        serve();
      }
    }
  }

  /** Everything that needs no redo is served: this node is in the cluster. */
  private void serve() {
    if (!served) {
      served = true;
      log.info(
          "serves what needs no redo after %.1f ms; %d blocks need it",
          track.elapsedMs(loop.now()),
          track.progress().map(RecoveryProgress::blocksToRecover).orElse(0L));
      outcome.join(node.views().current());
    }
  }
}
