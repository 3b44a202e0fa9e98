// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The installed view and the lease of a node. */
final class ViewsTest {
  private final AtomicLong time = new AtomicLong(-5); // the clock's origin means nothing
  private final Views views = new Views(time::get);

  private static View view(long epoch) {
    return new View(new Epoch(epoch), List.of(new Member(new NodeId(1), "host", 7)));
  }

  @Test
  void hasNoViewAndNoLeaseAtFirst() {
    assertEquals(Views.NO_EPOCH, views.epoch());
    assertTrue(views.installed().isEmpty());
    assertThrows(IllegalStateException.class, views::current);
    assertFalse(views.leaseHolds());
  }

  @Test
  void epochsOnlyGrow() {
    views.install(view(3));
    views.install(view(5));
    assertEquals(5, views.epoch());
    assertThrows(IllegalStateException.class, () -> views.install(view(5)));
    assertThrows(IllegalStateException.class, () -> views.install(view(4)));
  }

  @Test
  void theLeaseHoldsUntilItsEndAndCanBeExtended() {
    views.lease(10);
    time.set(9);
    assertTrue(views.leaseHolds());
    time.set(10);
    assertFalse(views.leaseHolds());
    views.lease(20);
    assertTrue(views.leaseHolds());
  }

  @Test
  void aRevokedLeaseStaysRevoked() {
    views.lease(10);
    assertFalse(views.isLeaseRevoked());
    views.revokeLease();
    views.lease(20);
    assertFalse(views.leaseHolds());
    assertTrue(views.isLeaseRevoked());
  }

  @Test
  void aFixedViewHasALeaseForEver() {
    Views fixed = Views.fixed(view(1));
    assertEquals(1, fixed.epoch());
    assertTrue(fixed.leaseHolds());
  }
}
