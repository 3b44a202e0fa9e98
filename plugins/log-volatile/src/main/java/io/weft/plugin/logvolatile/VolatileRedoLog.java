// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.logvolatile;

import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A redo log that stores no redo. It gives each record an LSN, and reports it as durable at once.
 * Changes that are not written back are lost when the process ends. Thread-safe.
 */
public final class VolatileRedoLog implements RedoLog {
  /*
   * An LSN says which record was before another one of the same thread or block, and nothing else
   * (RL-8): there is no log in which it could be a place. So threads do not share a counter. Each
   * stripe has a Lamport clock of its own, whose threads have the same low bits in their id: the
   * next LSN is above the stripe's last one and above all that the change has seen. This is the
   * number of a transaction in Silo (Tu et al., SOSP 2013) without epochs, which only a log on a
   * device needs. The low bits of an LSN are the stripe, so no two stripes give the same one.
   *
   * A record's LSN is less than 2 * STRIPES above the largest one before it. So it does not
   * overflow: 10^8 records a second, each after the last one, need 22 years for 2^63 / 128.
   */
  private static final VarHandle LAST = MethodHandles.arrayElementVarHandle(long[].class);

  /** Number of stripes, a power of two. */
  private static final int STRIPES = 64;

  /** Longs of a stripe, as a shift: two cache lines, so that neighbours do not share one. */
  private static final int STRIDE_SHIFT = 4;

  /** The last LSN of each stripe; the first and the last stride are not used. */
  private final long[] last = new long[(STRIPES + 2) << STRIDE_SHIFT];

  /** Creates the log, and logs a warning that changes do not survive the process. */
  @Inject
  public VolatileRedoLog() {
    this(System.getLogger(VolatileRedoLog.class.getName()));
  }

  VolatileRedoLog(Logger logger) {
    logger.log(
        Logger.Level.WARNING,
        "The redo log is volatile (weft.redo-log.plugin = volatile): if this process is killed or"
            + " crashes, changes that it has committed but not yet written back are lost.");
  }

  @Override
  public String name() {
    return "volatile";
  }

  @Override
  public boolean survivesProcess() {
    return false;
  }

  @Override
  public long append(RedoRecord record) {
    int stripe = stripe();
    int at = place(stripe);
    long seen = record.seenLsn();
    while (true) {
      long before = (long) LAST.getOpaque(last, at);
      long lsn = (Math.max(before, seen) | (STRIPES - 1)) + 1 + stripe;
      if (LAST.weakCompareAndSet(last, at, before, lsn)) {
        return lsn;
      }
    }
  }

  /** The largest number there is: whatever is appended counts as durable. */
  @Override
  public long durableLsn() {
    return Long.MAX_VALUE;
  }

  @Override
  public long beginCheckpoint() {
    return largest();
  }

  @Override
  public void whenDurable(long lsn, Runnable event) {
    // The own stripe first: a thread mostly asks for the record that it has just appended.
    if (lsn > (long) LAST.getOpaque(last, place(stripe())) && lsn > largest()) {
      throw new IllegalArgumentException(
          "LSN " + lsn + " is larger than that of every record, " + largest());
    }
    event.run();
  }

  @Override
  public void close() {}

  private static int stripe() {
    return (int) Thread.currentThread().threadId() & (STRIPES - 1);
  }

  private static int place(int stripe) {
    return (stripe + 1) << STRIDE_SHIFT;
  }

  /** The largest LSN given so far; 0 before the first one. */
  private long largest() {
    long largest = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      largest = Math.max(largest, (long) LAST.getVolatile(last, place(stripe)));
    }
    return largest;
  }
}
