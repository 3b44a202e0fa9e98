// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.run.ProgressDisplay;
import io.weft.plugin.workload.shared.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;

/** Logs the events of a chaos run, with the time since its work began. Used by one thread. */
final class Diary {
  private final ProgressDisplay display;
  private final Clock clock;
  private OptionalLong startNs = OptionalLong.empty();

  Diary(ProgressDisplay display, Clock clock) {
    this.display = display;
    this.clock = clock;
  }

  /** The work begins now. */
  void begin(long nowNs) {
    startNs = OptionalLong.of(nowNs);
  }

  /** Duration of the work so far; zero before it begins. */
  Duration elapsed() {
    return startNs.isPresent()
        ? Duration.ofNanos(clock.nanoTime() - startNs.getAsLong())
        : Duration.ZERO;
  }

  /** Logs a line, in the format of {@link String#format}. */
  void say(String format, Object... values) {
    display.say(
        String.format(Locale.ROOT, "weft: %6.1f s: ", elapsed().toMillis() / 1e3)
            + String.format(Locale.ROOT, format, values));
  }
}
