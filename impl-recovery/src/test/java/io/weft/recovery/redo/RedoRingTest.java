// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import org.junit.jupiter.api.Test;

/** The ring notices an appender or a writer that breaks its invariants. */
final class RedoRingTest {
  private static final int SIZE = 1 << 16;
  private static final long FIRST = 64;

  private final RedoRing ring = new RedoRing(SIZE, 1 << 12, FIRST);

  @Test
  void roomThatWasNeverReservedIsNotGivenBack() {
    assertTrue(ring.reserve(FIRST, FIRST + 64));
    assertBroken(FIRST + 72);
    ring.advance(FIRST + 64);
  }

  @Test
  void roomIsNotGivenBackTwice() {
    assertTrue(ring.reserve(FIRST, FIRST + 64));
    ring.advance(FIRST + 64);
    assertBroken(FIRST);
  }

  private void assertBroken(long lsn) {
    WeftException broken = assertThrows(WeftException.class, () -> ring.advance(lsn));
    assertEquals(CoreErrors.INVARIANT_BROKEN, broken.code());
  }

  @Test
  void aRecordIsPublishedInReservedRoomOnly() {
    assertTrue(ring.reserve(FIRST, FIRST + 64));
    assertThrows(AssertionError.class, () -> ring.publish(FIRST, 72));
    assertThrows(AssertionError.class, () -> ring.publish(FIRST - 8, 64));
    assertThrows(AssertionError.class, () -> ring.publish(FIRST, 60));
    ring.publish(FIRST, 64);
    assertEquals(64, ring.published(ring.index(FIRST)));
  }

  @Test
  void seesRoomThatTheWriterHasNotCleared() {
    assertTrue(ring.reserve(FIRST, FIRST + 64));
    assertTrue(ring.isClear(ring.index(FIRST), 64));
    ring.publish(FIRST, 64);
    assertFalse(ring.isClear(ring.index(FIRST), 64));
    ring.clear(ring.index(FIRST), 64);
    assertTrue(ring.isClear(ring.index(FIRST), 64));
  }
}
