// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Tells of callers that are not let in, and of peers that do not let this node in, one line a
 * minute at most: whoever calls every second must not fill the log. Thread-safe.
 */
final class Complaints {
  private static final long EVERY_NS = 60_000_000_000L;

  private final LongSupplier clock;
  private boolean any;
  private long lastNs;
  private long unsaid;

  Complaints(LongSupplier clock) {
    this.clock = clock;
  }

  /** Warns, or counts if something has been told less than a minute ago. */
  void warn(Logger log, String text) {
    tell(log, Level.WARNING, text);
  }

  /** As {@link #warn}, on a level of the caller's choice. */
  void tell(Logger log, Level level, String text) {
    long before = count();
    if (before < 0) {
      log.log(Level.DEBUG, text);
    } else {
      log.log(
          level,
          before == 0
              ? text
              : text + " (and " + before + " others in the meantime, of which nothing was said)");
    }
  }

  /** How many have gone unsaid if it is time to say something, otherwise -1. */
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
