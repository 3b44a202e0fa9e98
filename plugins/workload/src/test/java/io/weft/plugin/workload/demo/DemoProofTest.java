// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.plugin.workload.shared.Violations;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Ten accounts, two counters; 30 changes of blocks acknowledged, 5 and 7 of them increments. */
class DemoProofTest {
  private static final long SUM = 10 * DemoSettings.INITIAL_BALANCE;

  private final Violations violations = new Violations();

  @Test
  void withoutAKillEverythingMustBeExact() {
    DemoProof proof = proof(0);
    proof.compare(finding(SUM, 40, 5, 7));
    assertEquals(0, violations.count());
    proof.compare(finding(SUM, 41, 6, 7));
    assertEquals(3, violations.count());
  }

  @Test
  void afterAKillWhatWasUnderWayMayHaveHappened() {
    proof(3).compare(finding(SUM, 44, 6, 8));

    assertEquals(0, violations.count());
  }

  @Test
  void moreThanWasUnderWayIsAViolation() {
    proof(3).compare(finding(SUM, 40, 7, 9));
    proof(3).compare(finding(SUM, 47, 5, 7));

    assertEquals(2, violations.count());
  }

  @Test
  void lessThanWasAcknowledgedIsALoss() {
    DemoProof proof = proof(3);
    proof.compare(finding(SUM, 41, 4, 9));

    assertEquals(1, violations.count());
    assertEquals(1, proof.lostUpdates());
  }

  @Test
  void allReadersMustSeeTheSame() {
    DemoProof proof = proof(3);
    proof.compare(finding(SUM, 41, 5, 7));
    proof.compare(finding(SUM, 42, 5, 7));

    assertEquals(1, violations.count());
  }

  private DemoProof proof(long inFlight) {
    return new DemoProof(10, 30, new long[] {5, 7}, inFlight, violations);
  }

  private static DemoProof.Finding finding(long sum, long versions, long... counters) {
    return new DemoProof.Finding(
        "a reader", sum, versions, Arrays.stream(counters).boxed().toList());
  }
}
