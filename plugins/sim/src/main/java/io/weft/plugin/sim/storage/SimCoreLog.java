// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.recovery.redo.ImageCompression;
import io.weft.recovery.redo.LogScan;
import io.weft.recovery.redo.LogScanner;
import io.weft.recovery.redo.LogShape;
import io.weft.recovery.redo.RedoLogCore;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoRecord;

/** The engine's own redo log on a simulated device. */
public final class SimCoreLog extends NodeLog {
  private static final int SEGMENT_BYTES = 64 << 10;

  private final SimLogDevice.View device;
  private final LogId id;
  private final RedoLogCore core;
  private final Runnable onForget;
  private long settled = -1;
  private long forgotten;

  public SimCoreLog(
      Simulation simulation,
      SimProcess process,
      Lateness lateness,
      NodeFailure failure,
      Listener listener,
      SimLogDevice.View device,
      Runnable onForget) {
    super(simulation, process, lateness, failure, listener);
    this.device = device;
    this.onForget = onForget;
    this.id = new LogId(process.node(), process.incarnation());
    this.core =
        new RedoLogCore(
            device,
            id,
            "sim",
            process.views(),
            simulation::now,
            simulation::now,
            LogShape.of(SEGMENT_BYTES, SEGMENT_BYTES, compression(process)),
            reason -> {
              if (!process.isDead()) {
                failure.stop(reason);
              }
            });
  }

  /** Every second process compresses its images, so that clusters have logs of both kinds. */
  private static ImageCompression compression(SimProcess process) {
    return process.incarnation() % 2 == 0 ? ImageCompression.LZ4 : ImageCompression.NONE;
  }

  public LogId id() {
    return id;
  }

  @Override
  public void open() {
    core.open();
  }

  @Override
  long add(RedoRecord record) {
    return core.append(record);
  }

  @Override
  long addTooLate(RedoRecord record) {
    return core.append(record);
  }

  @Override
  long appendedLsn() {
    return core.tail();
  }

  @Override
  public long durableLsn() {
    return settled >= 0 ? settled : core.durableLsn();
  }

  @Override
  public long forgottenLsn() {
    return forgotten;
  }

  @Override
  void flushTo(long target) {
    core.flush();
  }

  @Override
  public long beginCheckpoint() {
    return core.beginCheckpoint();
  }

  @Override
  public void endCheckpoint(long lsn) {
    forgotten = Math.max(forgotten, lsn);
    simulation().record(Trace.What.FORGOTTEN, process(), lsn, 0);
    onForget.run();
    core.endCheckpoint(lsn);
  }

  @Override
  public long bytesSinceCheckpoint() {
    return core.bytesSinceCheckpoint();
  }

  @Override
  public void failForce(boolean fails) {
    device.failForce(fails);
  }

  @Override
  void settle() {
    long durable = core.durableLsn();
    device.settle(id);
    settled = durable;
    try {
      LogScan scan = LogScanner.scan(device.reader(), id, record -> {});
      simulation().record(Trace.What.SCANNED, process(), scan.endLsn(), durable, scan.end());
      if (scan.segments() > 0) {
        settled = Math.max(durable, scan.endLsn());
        if (scan.endLsn() < durable && scan.end() != LogScan.End.SEGMENT_END) {
          simulation()
              .violate(
                  Invariant.DURABLE,
                  "log " + id + " ends at " + scan.endLsn() + ", but was durable up to " + durable);
        }
      }
    } catch (WeftException e) {
      simulation().violate(new Violation(Invariant.DURABLE, "log " + id + " is damaged: " + e, e));
    }
  }

  @Override
  public void delete() {
    device.reader().delete(id);
    forgetAll();
  }

  /** The log is gone. */
  public void forgetAll() {
    forgotten = Long.MAX_VALUE;
    simulation().record(Trace.What.FORGOTTEN, process(), forgotten, -1);
  }

  @Override
  public void close() {
    core.close();
  }
}
