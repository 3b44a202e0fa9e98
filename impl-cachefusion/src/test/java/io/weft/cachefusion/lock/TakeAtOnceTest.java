// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LockMode;
import io.weft.api.LockValue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class TakeAtOnceTest {
  private final TakeAtOnce take = new Hold(1).atOnce;

  @Test
  void aGrantBringsModeAndValue() {
    LockValue value = LockValue.of(new byte[] {1});
    take.begin(LockMode.PW);
    assertTrue(take.grant(value));
    assertTrue(take.isGranted());
    assertEquals(LockMode.PW, take.mode());
    assertEquals(value, take.value());
  }

  @Test
  @Tag("LK-2")
  void whoHasLeftIsNotGrantedLater() {
    take.begin(LockMode.EX);
    assertFalse(take.isGranted());
    assertFalse(take.grant(LockValue.ABSENT));
    assertFalse(take.isGranted());
  }

  @Test
  void whatIsRefusedMayBeAskedAgain() {
    take.begin(LockMode.EX);
    take.refuse();
    assertFalse(take.isGranted());
    take.begin(LockMode.EX);
    assertTrue(take.grant(LockValue.ABSENT));
    assertTrue(take.isGranted());
  }

  @Test
  void aRefusalAfterTheGrantChangesNothing() {
    take.begin(LockMode.EX);
    take.grant(LockValue.ABSENT);
    take.refuse();
    assertTrue(take.isGranted());
  }
}
