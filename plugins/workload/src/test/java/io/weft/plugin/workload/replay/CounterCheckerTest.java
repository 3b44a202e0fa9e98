// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Change;
import io.weft.api.Reading;
import io.weft.plugin.workload.FakeCluster;
import io.weft.plugin.workload.shared.Violations;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CounterCheckerTest {
  private static final long[] BLOCKS = {3, 5, 8};

  private final FakeCluster cluster = new FakeCluster();
  private final Violations violations = new Violations();
  private final CounterChecker one = new CounterChecker(0, 2, BLOCKS, violations);
  private final CounterChecker other = new CounterChecker(1, 2, BLOCKS, violations);

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void acceptsABlockNeverWritten() {
    read(one, 5);
    assertEquals(0, violations.count());
  }

  @Test
  void acceptsWritesOfAllNodesInTurn() {
    write(one, 5);
    write(other, 5);
    write(other, 5);
    read(one, 5);
    read(other, 5);
    write(one, 5);
    read(other, 5);
    assertEquals(0, violations.count(), violations.first().toString());
    assertEquals(2, one.acknowledged().of(5));
    assertEquals(2, other.acknowledged().total());
  }

  @Test
  void reportsAnOwnCounterThatIsNotTheNumberOfOwnWrites() {
    write(one, 5);
    new CounterChecker(0, 2, BLOCKS, new Violations());
    read(new CounterChecker(0, 2, BLOCKS, violations), 5);
    assertEquals(1, violations.count());
    assertTrue(violations.first().getFirst().contains("own counter is 1 after 0 own writes"));
  }

  @Test
  void reportsACounterThatFell() {
    write(one, 5);
    write(one, 5);
    read(other, 5);
    cluster.overwrite(ReplayJob.FILE, 5, CounterBlock.offsetOf(0), (byte) 1);
    read(other, 5);
    assertTrue(
        violations.first().getFirst().contains("counter of node 0 fell from 2 to 1"),
        violations.first().toString());
  }

  @Test
  void reportsAVersionThatIsNotTheNumberOfWrites() {
    write(one, 5);
    cluster.overwrite(ReplayJob.FILE, 5, CounterBlock.offsetOf(1), (byte) 7);
    read(one, 5);
    assertTrue(
        violations.first().getFirst().contains("the version is 1, the counters sum to 8"),
        violations.first().toString());
  }

  @Test
  void reportsAChecksumThatDoesNotBelongToTheCounters() {
    write(one, 5);
    cluster.overwrite(
        ReplayJob.FILE, 5, CounterBlock.checksumOffset(FakeCluster.CONTENT_BYTES), (byte) 0x11);
    read(one, 5);
    assertEquals(1, violations.count());
    assertTrue(violations.first().getFirst().contains("checksum"), violations.first().toString());
  }

  @Test
  void keepsTheFirstCasesInWordsAndCountsAll() {
    write(one, 5);
    CounterChecker ignorant = new CounterChecker(0, 2, BLOCKS, violations);
    for (int i = 0; i < 100; i++) {
      read(ignorant, 5);
    }
    assertEquals(100, violations.count());
    assertEquals(Violations.KEPT, violations.first().size());
  }

  private void read(CounterChecker checker, long block) {
    try (Reading reading = cluster.cache().newReading()) {
      checker.onRead(checker.rankOf(block), reading.shared(ReplayJob.FILE, block));
    }
  }

  private void write(CounterChecker checker, long block) {
    try (Change change = cluster.cache().newChange()) {
      int rank = checker.rankOf(block);
      checker.onWrite(rank, change, change.exclusive(ReplayJob.FILE, block));
      change.commit();
      checker.onAcknowledged(rank);
    }
  }
}
