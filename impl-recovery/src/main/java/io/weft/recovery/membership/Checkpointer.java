// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.cache.CoherentCache;
import io.weft.spi.redo.RedoLog;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Keeps the redo that a recovery would have to read short: from time to time, and when there is
 * much of it, has the cache write back what has been logged, in the background and at the cache's
 * own pace, and lets the log forget it. Owned by the serial executor of the membership; everything
 * that waits for the log or the storage runs on a lane of blocking tasks.
 */
final class Checkpointer {
  private final LongSupplier clock;
  private final CoherentCache cache;
  private final RedoLog log;
  private final Serial serial;
  private final Executor lane;
  private final long intervalNs;
  private final long redoBytes;
  private long beganNs;
  private long run;
  private boolean underWay;

  /**
   * Makes one that has nothing under way.
   *
   * @param serial owns this
   * @param lane runs what blocks: heartbeats must not wait for it
   */
  Checkpointer(
      LongSupplier clock,
      CoherentCache cache,
      RedoLog log,
      Serial serial,
      Executor lane,
      MembershipSettings settings) {
    this.clock = clock;
    this.cache = cache;
    this.log = log;
    this.serial = serial;
    this.lane = lane;
    this.intervalNs = settings.checkpointInterval().toNanos();
    this.redoBytes = settings.checkpointRedo().bytes();
  }

  /** Another view: what was under way may never end. */
  void onView() {
    run++;
    underWay = false;
  }

  /** Looks whether a checkpoint is due. */
  void tick() {
    long now = clock.getAsLong();
    long bytes = log.bytesSinceCheckpoint();
    if (underWay || bytes < redoBytes && (now - beganNs < intervalNs || bytes == 0)) {
      return;
    }
    beganNs = now;
    underWay = true;
    long mine = ++run;
    lane.execute(() -> begin(mine));
  }

  private void begin(long mine) {
    long lsn = log.beginCheckpoint();
    cache
        .checkpoint()
        .whenComplete(
            (_, failed) -> {
              if (failed == null) {
                lane.execute(() -> end(mine, lsn));
              } else {
                serial.execute(() -> finish(mine)); // the node stops, or the view has changed
              }
            });
  }

  private void end(long mine, long lsn) {
    if (log.bytesSinceCheckpoint() > 0) { // else the node has just ended its log to leave
      log.endCheckpoint(lsn);
    }
    serial.execute(() -> finish(mine));
  }

  private void finish(long mine) {
    if (mine == run) {
      underWay = false;
    }
  }
}
