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
 * Gives up the logs of earlier starts of a node that were killed before anything was written to
 * them: a node that cannot join, and is started again and again, would fill the storage with its
 * empty logs. Only the node's next life may do so, because it holds the node's id: nobody writes to
 * these logs any more.
 *
 * <p>What is left of them is what any deleted log leaves, a tombstone: their life may be in a view
 * that nobody has heard of. Blocks.
 */
final class UnusedLogs {
  private static final Logger LOG = System.getLogger("io.weft.redo");

  private UnusedLogs() {}

  /** Gives up what earlier lives of a node have not used; {@code own} is its present life. */
  static void giveUp(LogDevice device, LogId own) {
    try {
      for (LogId log : device.logs()) {
        if (log.node() == own.node()
            && log.incarnation() < own.incarnation()
            && device.segments(log).equals(List.of(0L))
            && isUnused(device, log)) {
          device.delete(log);
          LOG.log(Level.INFO, () -> "redo log " + log + " was never used; its space is given back");
        }
      }
    } catch (WeftException e) {
      // Recovery will find it, too, and has to deal with it; this start need not fail for it.
      LOG.log(
          Level.WARNING, () -> "earlier logs of n" + own.node() + " are left as they are: " + e);
    }
  }

  /** Whether nothing was ever written behind the header. */
  private static boolean isUnused(LogDevice device, LogId log) {
    try (LogSegment segment = device.open(log, 0)) {
      MemorySegment first = MemorySegment.ofArray(new byte[BARE_BYTES]);
      if (segment.bytes() < SEGMENT_HEADER_BYTES + BARE_BYTES) {
        return false;
      }
      segment.read(SEGMENT_HEADER_BYTES, first);
      if (first.mismatch(MemorySegment.ofArray(new byte[BARE_BYTES])) >= 0) {
        return false; // as nearly always, and found out fast
      }
    }
    return LogScanner.scan(device, log, _ -> {}).bytes() == 0;
  }
}
