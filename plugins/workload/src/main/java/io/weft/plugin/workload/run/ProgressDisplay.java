// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import io.weft.plugin.workload.shared.Clock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Shows the progress of long work: a bar on a terminal, and otherwise a line at intervals. Used by
 * one thread.
 */
public final class ProgressDisplay {
  /** Width of the bar, in characters. */
  private static final int BAR = 24;

  /** Least time between two states on a terminal: 0.1 s. */
  private static final long REDRAW_NS = 100_000_000;

  /** Least time between two lines elsewhere: 2 s. */
  private static final long LINE_NS = 2_000_000_000L;

  /** Terminal control: back to the start of the line, and erase it. */
  private static final String ERASE_LINE = "\r\u001b[2K";

  private final PrintWriter out;
  private final boolean terminal;
  private final Clock clock;
  private String what = "";
  private long startNs;
  private long shownNs;
  private boolean drawn;

  /** Makes a display on {@code out}. */
  ProgressDisplay(PrintWriter out, boolean terminal, Clock clock) {
    this.out = out;
    this.terminal = terminal;
    this.clock = clock;
  }

  /** Whether standard error goes to a terminal. */
  static boolean standardErrorIsTerminal() {
    Path error = Path.of("/proc/self/fd/2");
    if (Files.isSymbolicLink(error)) {
      try {
        String target = Files.readSymbolicLink(error).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException e) {
        return false;
      }
    }
    return System.console() != null && System.console().isTerminal();
  }

  /** Begins a piece of work. */
  public void begin(String work) {
    finish();
    what = work;
    startNs = clock.nanoTime();
    shownNs = startNs - (terminal ? REDRAW_NS : 0);
  }

  /**
   * Shows the state of the work, unless the last one was shown only just before.
   *
   * @param fraction done, 0 to 1
   * @param figures further figures, as text
   */
  public void show(double fraction, String figures) {
    long now = clock.nanoTime();
    if (now - shownNs < (terminal ? REDRAW_NS : LINE_NS)) {
      return;
    }
    shownNs = now;
    double part = Math.clamp(fraction, 0, 1);
    String text =
        String.format(
            Locale.ROOT,
            "%s%s %3.0f %%%s  %s",
            what,
            terminal ? " [" + bar(part) + "]" : "",
            part * 100,
            eta(part, now),
            figures);
    if (terminal) {
      out.print(ERASE_LINE + text);
      drawn = true;
    } else {
      out.println(text);
    }
    out.flush();
  }

  /** Prints a text in a line of its own. */
  public void say(String text) {
    finish();
    out.println(text);
    out.flush();
  }

  /** Ends the bar, if there is one. */
  void finish() {
    if (drawn) {
      out.print(ERASE_LINE);
      out.flush();
      drawn = false;
    }
  }

  private static String bar(double part) {
    int full = (int) Math.round(part * BAR);
    return "#".repeat(full) + ".".repeat(BAR - full);
  }

  private String eta(double part, long now) {
    if (part <= 0.01 || part >= 1) {
      return "";
    }
    long seconds = Math.round((now - startNs) / 1e9 * (1 - part) / part);
    return String.format(Locale.ROOT, "  ETA %d:%02d", seconds / 60, seconds % 60);
  }
}
