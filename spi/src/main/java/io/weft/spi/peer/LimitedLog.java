// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Logs refused callers, and peers that refuse this node, at most one line a minute, so that a
 * caller that retries every second does not fill the log. Thread-safe.
 */
public final class LimitedLog {
  /** Least time between two logged lines: one minute. */
  private static final long EVERY_NS = 60_000_000_000L;

  private final LongSupplier clock;
  private boolean any;
  private long lastNs;

  /** Lines not logged since the last one. */
  private long unsaid;

  /**
   * Creates a log that has written nothing.
   *
   * @param clock monotonic time in nanoseconds
   */
  public LimitedLog(LongSupplier clock) {
    this.clock = clock;
  }

  /** Logs a warning, or counts it if a line was logged less than a minute ago. */
  public void warn(Logger log, String text) {
    write(log, Level.WARNING, text);
  }

  /** As {@link #warn}, on the given level. */
  public void write(Logger log, Level level, String text) {
    long before = count();
    if (before < 0) {
      log.log(Level.DEBUG, text);
    } else {
      log.log(
          level, before == 0 ? text : text + " (and " + before + " more since the last message)");
    }
  }

  /** Number of lines not logged since the last one; -1 if it is too early to log. */
  private synchronized long count() {
    long now = clock.getAsLong();
    if (any && now - lastNs < EVERY_NS) {
      unsaid++;
      return -1;
    }
    any = true;
    lastNs = now;
    long before = unsaid;
    unsaid = 0;
    return before;
  }
}
