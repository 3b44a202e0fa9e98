// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.junit.jupiter.api.Test;

/** How often callers that are not let in are told of. */
final class LimitedLogTest {
  private final List<String> warnings = new ArrayList<>();
  private long now = 5;

  private final Logger log =
      new Logger() {
        @Override
        public String getName() {
          return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
          return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
          if (level == Level.WARNING) {
            warnings.add(text);
          }
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... arguments) {
          log(level, bundle, format, (Throwable) null);
        }
      };

  @Test
  void oneLineAMinuteCountsTheOthers() {
    LimitedLog limitedLog = new LimitedLog(() -> now);
    for (int second = 0; second < 61; second++) {
      limitedLog.warn(log, "refused " + second);
      now += 1_000_000_000;
    }
    assertEquals(List.of("refused 0", "refused 60 (and 59 more since the last message)"), warnings);
  }
}
