// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.chaos.ChaosNode.State;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ChaosNodeTest {
  private final ChaosNode node = new ChaosNode();

  @Test
  void aNodeThatStoppedStaysDownUntilItsAbsenceIsOver() {
    node.until(500);
    node.down(100);

    assertEquals(State.DOWN, node.state());
    assertFalse(node.isDue(499));
    assertTrue(node.isDue(500));
  }

  @Test
  void aRestlessNodeIsDueAsSoonAsItIsDown() {
    node.until(500);
    node.restless(true);
    node.down(100);

    assertTrue(node.isDue(100));
  }

  @Test
  void whatItSuffersExcusesItsStopUntilItIsWell() {
    node.suffer(Fault.DISK_FULL);
    assertTrue(node.isHarmed());
    assertTrue(node.mayStopFor("WEFT-6202 LOG_FULL"));

    node.isWell();
    assertFalse(node.isHarmed());
    assertFalse(node.mayStopFor("WEFT-6202 LOG_FULL"));
  }

  @Test
  void aFaultIsTakenAwayOnce() {
    AtomicInteger ends = new AtomicInteger();
    node.ail(ends::incrementAndGet);

    node.relieve();
    node.down(100);

    assertEquals(1, ends.get());
  }

  @Test
  void aSuspensionIsTakenUpOnce() {
    node.putToSleep(Duration.ofMillis(70));

    assertEquals(Duration.ofMillis(70), node.takeSleep());
    assertEquals(Duration.ZERO, node.takeSleep());
  }

  @Test
  void failedStartsAreForgivenOnceItWorks() {
    assertEquals(1, node.failsToStart());
    assertEquals(2, node.failsToStart());

    node.works(100);

    assertEquals(0, node.failedStarts());
    assertEquals(State.WORKING, node.state());
  }
}
