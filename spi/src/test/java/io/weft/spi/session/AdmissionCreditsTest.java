// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class AdmissionCreditsTest {
  @Test
  void givesOutNoMoreThanItsLimit() {
    AdmissionCredits credits = new AdmissionCredits(2);
    assertTrue(credits.tryAcquire());
    assertTrue(credits.tryAcquire());
    assertFalse(credits.tryAcquire());
    credits.release();
    assertTrue(credits.tryAcquire());
    assertEquals(0, credits.available());
    assertEquals(2, credits.limit());
  }

  @Test
  void refusesALimitOfNothing() {
    assertThrows(IllegalArgumentException.class, () -> new AdmissionCredits(0));
  }
}
