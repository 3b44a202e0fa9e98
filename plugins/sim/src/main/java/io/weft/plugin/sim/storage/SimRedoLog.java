// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A log that keeps its records as objects, so that runs are fast and the engine's own log is not
 * trusted; {@link SimDeadRedo} reads them.
 */
public final class SimRedoLog extends NodeLog {
  private static final int RECORD_BYTES = 64;

  /**
   * What a record says of one block.
   *
   * @param image the whole content, or empty if only ranges were logged
   */
  record Kept(
      long lsn, long scn, int file, long number, long version, byte[] image, List<Range> ranges) {}

  /** Bytes of a block from an offset on. */
  record Range(int offset, byte[] bytes) {}

  private static final byte[] NO_IMAGE = {};

  private final List<Kept> kept = new ArrayList<>();
  private long appended;
  private long durable;
  private long forgotten;
  private long checkpoint;
  private final boolean keepsChangesWhole;
  private boolean forceFails;

  /** Makes the empty log of {@code process}. */
  public SimRedoLog(
      Simulation simulation,
      SimProcess process,
      Lateness lateness,
      NodeFailure failure,
      Listener listener,
      boolean keepsChangesWhole) {
    super(simulation, process, lateness, failure, listener);
    this.keepsChangesWhole = keepsChangesWhole;
  }

  @Override
  long add(RedoRecord record) {
    appended += RECORD_BYTES;
    for (int i = 0; i < record.blocks(); i++) {
      byte[] image = NO_IMAGE;
      List<Range> ranges = new ArrayList<>();
      if (record.lastImageLsn(i) <= checkpoint) {
        image = record.content(i).toArray(ValueLayout.JAVA_BYTE);
        record.imageLogged(i);
      } else {
        for (int r = 0; r < record.ranges(i); r++) {
          int offset = record.rangeOffset(i, r);
          ranges.add(
              new Range(
                  offset,
                  record
                      .content(i)
                      .asSlice(offset, record.rangeLength(i, r))
                      .toArray(ValueLayout.JAVA_BYTE)));
        }
      }
      kept.add(
          new Kept(
              appended,
              record.scn(),
              record.file(i),
              record.number(i),
              record.version(i),
              image,
              ranges));
    }
    return appended;
  }

  @Override
  long addTooLate(RedoRecord record) {
    for (int i = 0; i < record.blocks(); i++) {
      record.imageLogged(i);
    }
    return appended += RECORD_BYTES;
  }

  @Override
  long appendedLsn() {
    return appended;
  }

  @Override
  public long durableLsn() {
    return durable;
  }

  @Override
  public long forgottenLsn() {
    return forgotten;
  }

  @Override
  void flushTo(long target) {
    if (forceFails) {
      throw new WeftException(RedoErrors.LOG_IO, "planned failure of the log of " + process());
    }
    if (!process().views().leaseHolds()) {
      throw new WeftException(MembershipErrors.LEASE_LOST, process() + " has no lease");
    }
    durable = target;
  }

  @Override
  public long beginCheckpoint() {
    checkpoint = appended;
    return appended;
  }

  @Override
  public void endCheckpoint(long lsn) {
    forgotten = Math.max(forgotten, lsn);
    kept.removeIf(each -> each.lsn <= forgotten);
    simulation().record(Trace.What.FORGOTTEN, process(), forgotten, kept.size());
  }

  @Override
  public long bytesSinceCheckpoint() {
    return appended - forgotten;
  }

  @Override
  public void failForce(boolean fails) {
    forceFails = fails;
  }

  @Override
  void settle() {
    if (appended > durable) {
      long records = (appended - durable) / RECORD_BYTES;
      durable += RECORD_BYTES * simulation().random().nextLong(records + 1);
    }
    appended = durable;
    kept.removeIf(each -> each.lsn > durable);
    if (!keepsChangesWhole && kept.size() > 1 && kept.get(kept.size() - 2).lsn == durable) {
      kept.removeLast();
    }
  }

  @Override
  public void delete() {
    forgotten = durable;
    kept.clear();
    simulation().record(Trace.What.FORGOTTEN, process(), forgotten, -1);
  }

  List<Kept> kept() {
    return kept;
  }

  @Override
  public void close() {
    durable = appended;
  }
}
