// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.weft.api.WeftException;
import org.junit.jupiter.api.Test;

/** What has to hold before a node starts. */
final class StartTest {
  @Test
  void anInterruptedThreadStartsNothingAndIsToldSo() {
    Plan plan = Assembly.of(ConfigFactory.parseString(Fakes.config("interrupted", 0, 1))).plan();
    Thread.currentThread().interrupt();
    WeftException e;
    try {
      e = assertThrows(WeftException.class, plan::start);
    } finally {
      assertTrue(Thread.interrupted(), "the interruption is kept");
    }
    assertEquals(AssemblyErrors.START_INTERRUPTED, e.code());
  }

  @Test
  void tooFewFilesAreRefusedWithTheNumberNeeded() {
    WeftException e = assertThrows(WeftException.class, () -> new FileLimit(60, 48).check(3));
    assertEquals(AssemblyErrors.TOO_FEW_FILES, e.code());
    assertTrue(e.getMessage().contains("may open 60"), e.getMessage());
    assertTrue(e.getMessage().contains("needs at least 162"), e.getMessage());
    assertDoesNotThrow(() -> new FileLimit(1024, 48).check(64));
    assertDoesNotThrow(() -> FileLimit.ofProcess().check(3));
  }
}
