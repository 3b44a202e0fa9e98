// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.shared.Clock;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
  private final StringWriter text = new StringWriter();
  private long nowNs = 5;
  private final Clock clock =
      new Clock() {
        @Override
        public long nanoTime() {
          return nowNs;
        }

        @Override
        public void park(long nanos) {
          nowNs += nanos;
        }
      };

  @Test
  void printsPlainLinesFromTimeToTimeWhereThereIsNoTerminal() {
    ProgressDisplay display = new ProgressDisplay(new PrintWriter(text), false, clock);
    display.begin("replay");
    for (int i = 1; i <= 50; i++) {
      clock.park(100_000_000);
      display.show(i / 50.0, "go");
    }
    display.finish();

    assertEquals("replay  40 %  ETA 0:03  go\nreplay  80 %  ETA 0:01  go\n", text.toString());
  }

  @Test
  void redrawsABarOnATerminalAndErasesItAtTheEnd() {
    ProgressDisplay display = new ProgressDisplay(new PrintWriter(text), true, clock);
    display.begin("replay");
    display.show(0.5, "half");
    clock.park(1);
    display.show(0.6, "too soon");
    display.finish();

    assertTrue(text.toString().contains("replay [############............]  50 %"));
    assertFalse(text.toString().contains("too soon"));
    assertTrue(text.toString().endsWith("\r\u001b[2K"));
  }
}
