// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeId;
import io.weft.spi.runtime.Setback;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Writes the log lines of the membership of one node. Each begins with its id. Thread-safe. */
final class MembershipLog {
  private static final Logger LOG = System.getLogger("io.weft.membership");

  private final NodeId node;
  private final LongSupplier nanoTime;

  MembershipLog(OwnNode node) {
    this.node = node.settings().nodeId();
    this.nanoTime = node.runtime()::nanoTime;
  }

  /** A line of level INFO, formatted without a locale. */
  void info(String format, Object... arguments) {
    write(Level.INFO, () -> String.format(Locale.ROOT, format, arguments));
  }

  void write(Level level, Supplier<String> text) {
    LOG.log(level, () -> line(text.get()));
  }

  /** A text with the id of this node before it. */
  String line(String text) {
    return node + ": " + text;
  }

  /** The waits of an operation that is tried again, with warnings in this log. */
  Setback setback() {
    return new Setback(LOG, nanoTime);
  }
}
