// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Epoch;
import io.weft.api.RecoveryPhase;
import io.weft.api.RecoveryProgress;
import io.weft.spi.cache.CoherentCache.RecoveryCounts;
import java.util.Optional;

/**
 * How far the view change under way is. Written by one executor; {@link #progress} may be read by
 * anybody. Times are of the agreement.
 */
final class RecoveryTrack {
  private static final double NS_PER_MS = 1e6;

  private long beganNs;
  private long phaseNs;
  private long epoch;
  private RecoveryPhase phase = RecoveryPhase.COMPLETE;
  private long redoRecords;
  private RecoveryCounts counts = new RecoveryCounts(0, 0, 0, 0, false);
  private volatile Optional<RecoveryProgress> progress = Optional.empty();

  /** The last that is known. */
  Optional<RecoveryProgress> progress() {
    return progress;
  }

  boolean isUnderWay() {
    return phase != RecoveryPhase.COMPLETE && phase != RecoveryPhase.FAILED;
  }

  RecoveryPhase phase() {
    return phase;
  }

  /** Milliseconds since the change began. */
  double elapsedMs(long now) {
    return (now - beganNs) / NS_PER_MS;
  }

  /** Nanoseconds since the change began. */
  long elapsedNs(long now) {
    return now - beganNs;
  }

  /** Something has happened from which a view of {@code next} may come. */
  void detect(long next, long now) {
    if (!isUnderWay()) {
      begin(next, now);
      enter(RecoveryPhase.DETECTING, now);
    }
  }

  void elect(long next, long now) {
    if (!isUnderWay()) {
      begin(next, now);
    }
    if (phase == RecoveryPhase.DETECTING || next > epoch) {
      epoch = next;
      enter(RecoveryPhase.ELECTING, now);
    }
  }

  /** A view comes into force. Whether this overtakes another one that was not complete. */
  boolean freeze(long next, long now) {
    boolean overtaken = isUnderWay() && phase.ordinal() >= RecoveryPhase.FREEZING.ordinal();
    if (!isUnderWay()) {
      begin(next, now);
    }
    epoch = next;
    redoRecords = 0;
    counts = new RecoveryCounts(0, 0, 0, 0, false);
    enter(RecoveryPhase.FREEZING, now);
    return overtaken;
  }

  void readRedo(long now) {
    redoRecords = 0;
    enter(RecoveryPhase.REDO_RECOVERY, now);
  }

  /** More records have been read. */
  void reading(long records, long now) {
    if (phase == RecoveryPhase.REDO_RECOVERY) {
      redoRecords += records;
      publish(now);
    }
  }

  void redoRead(long records, long now) {
    redoRecords = records;
    enter(RecoveryPhase.LOCK_RECLAMATION, now);
  }

  /** The cache is at work; how far is it? */
  void count(RecoveryCounts next, long now) {
    counts = next;
    if (phase.ordinal() < RecoveryPhase.LOCK_RECLAMATION.ordinal() || !isUnderWay()) {
      publish(now);
      return;
    }
    RecoveryPhase at =
        next.reportsMissing() > 0
            ? RecoveryPhase.LOCK_RECLAMATION
            : next.rebuilt() ? RecoveryPhase.RESUMING : RecoveryPhase.REMASTERING;
    if (at.ordinal() > phase.ordinal()) {
      enter(at, now);
    } else {
      publish(now);
    }
  }

  void complete(long now) {
    enter(RecoveryPhase.COMPLETE, now);
  }

  void fail(long now) {
    if (isUnderWay()) {
      enter(RecoveryPhase.FAILED, now);
    }
  }

  private void begin(long next, long now) {
    epoch = next;
    beganNs = now;
  }

  private void enter(RecoveryPhase next, long now) {
    phase = next;
    phaseNs = now;
    publish(now);
  }

  private void publish(long now) {
    progress =
        Optional.of(
            new RecoveryProgress(
                new Epoch(epoch),
                phase,
                percent(),
                Math.round(elapsedMs(now)),
                remainingMillis(now),
                redoRecords,
                counts.blocksReported(),
                counts.blocksToRecover(),
                counts.blocksRecovered()));
  }

  private int percent() {
    if (phase == RecoveryPhase.RESUMING && counts.blocksToRecover() > 0) {
      int span = RecoveryPhase.COMPLETE.percent() - phase.percent();
      return phase.percent() + (int) (span * counts.blocksRecovered() / counts.blocksToRecover());
    }
    return phase.percent();
  }

  /**
   * While blocks are recovered: as fast as so far. Before: as the phases usually share the time.
   */
  private Optional<Long> remainingMillis(long now) {
    if (!isUnderWay()) {
      return Optional.of(0L);
    }
    if (phase == RecoveryPhase.RESUMING && counts.blocksRecovered() > 0) {
      double perBlock = (double) (now - phaseNs) / counts.blocksRecovered();
      long left = counts.blocksToRecover() - counts.blocksRecovered();
      return Optional.of(Math.round(perBlock * left / NS_PER_MS));
    }
    int percent = phase.percent();
    return percent < RecoveryPhase.FREEZING.percent()
        ? Optional.empty()
        : Optional.of(Math.round(elapsedMs(now) * (100 - percent) / percent));
  }
}
