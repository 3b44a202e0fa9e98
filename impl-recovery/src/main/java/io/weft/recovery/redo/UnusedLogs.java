// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.BARE_BYTES;
import static io.weft.recovery.redo.LogFormat.SEGMENT_HEADER_BYTES;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Deletes the logs of earlier incarnations of a node that ended before anything was written to
 * them. Otherwise a node that cannot join and is restarted repeatedly would fill the storage with
 * empty logs. Only a later incarnation may do this: it holds the lock of the node's id, so no
 * process writes to these logs any more.
 *
 * <p>Each deleted log leaves a tombstone, like every deleted log, because a view may name its
 * incarnation. Blocks.
 */
final class UnusedLogs {
  private static final Logger LOG = System.getLogger("io.weft.redo");

  private UnusedLogs() {}

  /**
   * Deletes unused logs of earlier incarnations of a node; {@code own} is the log of the current
   * one.
   */
  static void giveUp(LogDevice device, LogId own) {
    try {
      for (LogId log : device.logs()) {
        if (log.node() == own.node()
            && log.incarnation() < own.incarnation()
            && device.segments(log).equals(List.of(0L))
            && isUnused(device, log)) {
          device.delete(log);
          LOG.log(Level.INFO, () -> "redo log " + log + " was never used; it is deleted");
        }
      }
    } catch (WeftException e) {
      // Recovery meets the same error and handles it; this start need not fail.
      LOG.log(Level.WARNING, () -> "unused logs of n" + own.node() + " are not deleted: " + e);
    }
  }

  /** Whether nothing was ever written after the header. */
  private static boolean isUnused(LogDevice device, LogId log) {
    try (LogSegment segment = device.open(log, 0)) {
      MemorySegment first = MemorySegment.ofArray(new byte[BARE_BYTES]);
      if (segment.bytes() < SEGMENT_HEADER_BYTES + BARE_BYTES) {
        return false;
      }
      segment.read(SEGMENT_HEADER_BYTES, first);
      if (first.mismatch(MemorySegment.ofArray(new byte[BARE_BYTES])) >= 0) {
        return false; // the usual case, found without a scan
      }
    }
    return LogScanner.scan(device, log, _ -> {}).bytes() == 0;
  }
}
