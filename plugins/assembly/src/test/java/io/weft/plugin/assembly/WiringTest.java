// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.weft.api.WeftException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of parts, also of those that hang. */
@Timeout(300)
final class WiringTest {
  @Test
  void aStoreThatDoesNotCloseKeepsTheMemoryAndTheNodesId() {
    String cluster = "aStoreThatDoesNotClose";
    Recording recording = Recording.of(cluster);
    recording.storeClose = new CompletableFuture<>();
    Plan plan = Assembly.of(ConfigFactory.parseString(Fakes.config(cluster, 0, 1))).plan();
    Wiring wiring = new Wiring(new PluginCalls(), Duration.ofSeconds(1));
    plan.wire(wiring);

    List<Exception> failures = wiring.close();

    WeftException left = assertInstanceOf(WeftException.class, failures.getLast());
    assertEquals(AssemblyErrors.CLOSE_TIMEOUT, left.code());
    assertTrue(failures.toString().contains("Fakes$Store has not closed"), failures::toString);
    assertFalse(recording.of(0).contains("cache.close"));
    assertFalse(recording.of(0).contains("registry.close"));
    recording.storeClose.complete(null);
  }

  @Test
  void aClockThatWasAheadOnceDoesNotKeepANodeFromStarting() {
    long now = 1_700_000_000_000L;
    long tenYears = 315_576_000_000L;
    assertEquals(now, Wiring.incarnation(now, now - 1_000));
    assertEquals(now + tenYears + 1, Wiring.incarnation(now, now + tenYears));
  }

  @Test
  void aStepThatHangsIsLeftBehind() {
    CountDownLatch storage = new CountDownLatch(1);
    assertThrows(
        TimeoutException.class,
        () -> Bounded.run("weft-test", Duration.ofMillis(1), storage::await));
    storage.countDown();
  }

  @Test
  void aStepThatThrowsThrows() {
    IllegalStateException reason = new IllegalStateException("planned");
    Exception thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                Bounded.run(
                    "weft-test",
                    Duration.ofMinutes(1),
                    () -> {
                      throw reason;
                    }));
    assertEquals(reason, thrown);
  }
}
