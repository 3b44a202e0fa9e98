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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
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
  @Tag("VW-1")
  void epochsOnlyGrow() {
    views.install(view(3));
    views.install(view(5));
    assertEquals(5, views.epoch());
    assertThrows(IllegalStateException.class, () -> views.install(view(5)));
    assertThrows(IllegalStateException.class, () -> views.install(view(4)));
  }

  /** One thread installs views, another one looks: what it sees never goes back. */
  @Test
  @Tag("VW-2")
  void isReadByAnyThread() throws InterruptedException {
    int last = 20_000;
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    views.install(view(1));
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (long seen = 1; seen < last; ) {
                    long epoch = views.epoch();
                    long after = views.current().epoch().value();
                    if (epoch < seen || after < epoch) {
                      wrong.add(seen + ", " + epoch + ", " + after);
                    }
                    seen = epoch;
                  }
                });
    for (long epoch = 2; epoch <= last; epoch++) {
      views.install(view(epoch));
      views.lease(epoch);
    }
    reader.join();
    assertEquals(List.of(), List.copyOf(wrong));
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
  @Tag("VW-4")
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
