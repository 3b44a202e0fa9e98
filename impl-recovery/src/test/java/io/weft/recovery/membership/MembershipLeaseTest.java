// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When a lease ends, and when it is certainly over. */
final class MembershipLeaseTest {
  private static final long LENGTH = 3_000;

  private final MembershipLease lease = new MembershipLease(LENGTH, 5);

  @Test
  void doesNotHoldAtFirst() {
    assertTrue(lease.untilNs() < 0);
  }

  @Test
  void needsBothTheRegistryAndAQuorum() {
    lease.checked(100);
    assertTrue(lease.untilNs() < 0);
    assertTrue(lease.lacksQuorum());
    lease.quorum(50);
    assertEquals(50 + LENGTH, lease.untilNs());
    assertTrue(lease.lacksQuorum());
    lease.quorum(200);
    assertEquals(100 + LENGTH, lease.untilNs());
    assertFalse(lease.lacksQuorum());
  }

  @Test
  void neverGetsShorter() {
    lease.checked(100);
    lease.quorum(100);
    lease.checked(20);
    lease.quorum(30);
    assertEquals(100 + LENGTH, lease.untilNs());
  }

  /**
   * Whoever takes a node out does so after the look at the registry that still showed it as a
   * member: so its wait ends after the lease, by the drift of the clocks.
   */
  @Test
  @Tag("VW-3")
  void isOverForOthersAfterItHasEndedForItsOwner() {
    for (long look = 0; look < 5_000; look += 77) {
      MembershipLease own = new MembershipLease(LENGTH, 5);
      own.checked(look);
      own.quorum(10_000);
      long takenOut = look + 1;
      assertTrue(lease.overNs(takenOut) > own.untilNs() + LENGTH / 100 * 4);
    }
  }
}
