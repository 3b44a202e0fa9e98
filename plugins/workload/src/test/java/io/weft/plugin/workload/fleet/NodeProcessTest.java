// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class NodeProcessTest {
  /** More than a reader takes at once, and less than a pipe holds. */
  private static final int LINES = 2_000;

  /** What a node has announced before it was killed may have been done: the proof needs it. */
  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void lastWordsOfAKilledProcessArrive(@TempDir Path directory) throws Exception {
    Path said = directory.resolve("said");
    String talk =
        "i=0; while [ $i -lt %d ]; do echo \"{\\\"event\\\":\\\"$i\\\"}\"; i=$((i+1)); done; : > %s; exec cat"
            .formatted(LINES, said);
    CountDownLatch slow = new CountDownLatch(1);
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    NodeProcess process =
        NodeProcess.start(
            0,
            List.of("sh", "-c", talk),
            directory.resolve("log"),
            (_, event) -> {
              await(slow);
              events.add(event.path("event").asText());
            });
    while (!said.toFile().exists()) {
      assertFalse(Thread.interrupted(), "the process does not come to its end");
      Thread.onSpinWait();
    }
    process.kill();
    slow.countDown();
    process.awaitEnd();
    assertEquals(LINES + 1, events.size());
    assertEquals(NodeProcess.EXITED, events.getLast());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(1, TimeUnit.MINUTES));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
