// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Log lines on standard error, one line an event. */
final class ConsoleLog extends Formatter {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  // Held here, because a logger that is collected forgets its level.
  private static final Logger WEFT = Logger.getLogger("io.weft");
  private static final Logger NETTY = Logger.getLogger("io.netty");

  private final boolean traces;

  private ConsoleLog(boolean traces) {
    this.traces = traces;
  }

  /** Makes this the only log of the process. */
  static void install(boolean verbose) {
    LogManager.getLogManager().reset();
    Handler handler = new ConsoleHandler();
    handler.setFormatter(new ConsoleLog(verbose));
    handler.setLevel(Level.ALL);
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    root.setLevel(Level.INFO);
    NETTY.setLevel(Level.WARNING);
    if (verbose) {
      WEFT.setLevel(Level.FINE);
    }
  }

  @Override
  public String format(LogRecord event) {
    StringBuilder line = new StringBuilder();
    LocalTime time = LocalTime.ofInstant(event.getInstant(), ZoneId.systemDefault());
    line.append(TIME.format(time)).append(' ').append(name(event.getLevel())).append(' ');
    line.append(event.getLoggerName()).append(": ").append(formatMessage(event));
    Throwable thrown = event.getThrown();
    if (thrown != null) {
      line.append(" (").append(thrown).append(')');
    }
    line.append(System.lineSeparator());
    if (thrown != null && traces) {
      for (StackTraceElement element : thrown.getStackTrace()) {
        line.append("    at ").append(element).append(System.lineSeparator());
      }
    }
    return line.toString();
  }

  private static String name(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "ERROR";
    } else if (level.intValue() >= Level.WARNING.intValue()) {
      return "WARN ";
    } else if (level.intValue() >= Level.INFO.intValue()) {
      return "INFO ";
    }
    return "DEBUG";
  }
}
