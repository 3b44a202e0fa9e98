// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.junit.jupiter.api.Test;

final class SetbackTest {
  private final List<String> lines = new ArrayList<>();
  private long now;
  private final Setback setback = new Setback(new Lines(), () -> now);

  /** A logger that keeps what it is told. */
  private final class Lines implements System.Logger {
    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
      lines.add(message);
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... values) {
      lines.add(format);
    }
  }

  @Test
  void waitsTwiceAsLongEachTimeUpToABound() {
    assertTrue(setback.isOver());
    long expected = Setback.FIRST_NS;
    for (int i = 0; i < 10; i++) {
      assertEquals(expected, setback.met(() -> "full"));
      assertFalse(setback.isOver());
      now += expected;
      assertTrue(setback.isOver());
      expected = Math.min(2 * expected, Setback.LONGEST_NS);
    }
    setback.overcome();
    assertEquals(Setback.FIRST_NS, setback.met(() -> "full"));
  }

  @Test
  void writesOneLineAMinute() {
    for (long second = 0; second < 180; second++) {
      setback.met(() -> "full");
      now += 1_000_000_000;
    }
    assertEquals(List.of("full", "full (failure 61)", "full (failure 121)"), lines);
  }

  @Test
  void writesOneLineAMinuteAlsoIfOthersSucceedInBetween() {
    for (long second = 0; second < 120; second++) {
      setback.met(() -> "full");
      setback.overcome();
      now += 1_000_000_000;
    }
    assertEquals(List.of("full", "full"), lines);
  }
}
