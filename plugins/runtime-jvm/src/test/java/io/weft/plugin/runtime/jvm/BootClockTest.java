// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The clock that goes on while the machine is suspended. */
final class BootClockTest {
  private final BootClock clock = BootClock.ofThisSystem();

  @Test
  void neverGoesBack() {
    long last = clock.nanoTime();
    for (int i = 0; i < 100_000; i++) {
      long next = clock.nanoTime();
      assertTrue(next >= last, () -> next + " is before what was read earlier");
      last = next;
    }
  }

  @Test
  void isChosenOnce() {
    assertSame(clock, BootClock.ofThisSystem());
  }

  /** The system says how long it has been up, with the time for which it was suspended. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void tellsTheTimeSinceTheBootOfLinux() throws IOException {
    assertInstanceOf(BootClock.Linux.class, clock);
    long before = uptimeMillis();
    long now = clock.nanoTime() / 1_000_000;
    long after = uptimeMillis();
    assertTrue(before - 10 <= now && now <= after + 20, before + " " + now + " " + after);
  }

  @Test
  @EnabledOnOs(OS.MAC)
  void isTheContinuousTimeOfMacOs() {
    assertInstanceOf(BootClock.Mac.class, clock);
  }

  private static long uptimeMillis() throws IOException {
    String seconds = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
    return Long.parseLong(seconds.replace(".", "")) * 10;
  }
}
