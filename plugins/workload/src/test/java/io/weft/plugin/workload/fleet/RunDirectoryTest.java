// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  @TempDir private Path directory;

  @Test
  void aTemporaryOneGoesWithTheRun() throws IOException {
    Path log;
    try (RunDirectory run = RunDirectory.open(Optional.empty())) {
      log = run.log(0);
      Files.createDirectories(run.blocks().resolve("deep"));
      Files.writeString(log, "one\ntwo\nthree\n");
      assertEquals(List.of("two", "three"), run.logTail(0, 2));
      assertTrue(run.kept().isEmpty());
    }
    assertFalse(Files.exists(log.getParent()));
  }

  @Test
  void aChosenOneStays() throws IOException {
    Path chosen = directory.resolve("new").resolve("one");
    try (RunDirectory run = RunDirectory.open(Optional.of(chosen))) {
      Files.writeString(run.config(1), "x");
      assertEquals(Optional.of(chosen), run.kept());
    }
    assertTrue(Files.exists(chosen.resolve("node-1.conf")));
  }

  @Test
  void theOneInMemoryGoesWithTheRun() throws IOException {
    Path memory;
    try (RunDirectory run = RunDirectory.open(Optional.of(directory.resolve("chosen")))) {
      memory = run.memory();
      assertEquals(memory, run.memory());
      Files.writeString(memory.resolve("left"), "x");
    }
    assertFalse(Files.exists(memory));
    assertTrue(Files.exists(directory.resolve("chosen")));
  }

  @Test
  void refusesADirectoryThatHoldsSomething() throws IOException {
    Files.writeString(directory.resolve("precious"), "x");
    assertRefused(directory, "not empty");
    assertRefused(directory.resolve("precious"), "not a directory");
    assertTrue(Files.exists(directory.resolve("precious")));
  }

  private static void assertRefused(Path path, String part) {
    WeftException e = assertThrows(WeftException.class, () -> RunDirectory.open(Optional.of(path)));
    assertEquals(WorkloadErrors.DATA_DIRECTORY, e.code());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
