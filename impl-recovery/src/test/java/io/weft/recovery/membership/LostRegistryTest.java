// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.recovery.redo.Blocks;
import io.weft.recovery.redo.Logs;
import io.weft.recovery.redo.RedoLogCore;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LostRegistryTest {
  private static final LogId OLD = new LogId(2, 20);

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final RedoLogCore old = new Logs().open(device, OLD);

  private static ViewRecord first(ViewRecord.Entry... entries) {
    return Records.of(1, 0, List.of(entries));
  }

  private static ViewRecord.Entry member(int node, long incarnation) {
    return new ViewRecord.Entry(node, incarnation, EntryState.MEMBER);
  }

  private void change() {
    Blocks blocks = new Blocks();
    blocks.edit(1).write(1, 0, 16).to(old);
    old.flush();
  }

  @Test
  void emptyLogOfANodeThatIsAboutToJoinIsNoSign() {
    assertDoesNotThrow(() -> LostRegistry.check(device, Optional.empty(), first(member(0, 100))));
  }

  @Test
  void logWithChangesOfANodeThatIsNotHereStopsTheFirstView() {
    change();
    WeftException refused =
        assertThrows(
            WeftException.class,
            () -> LostRegistry.check(device, Optional.empty(), first(member(0, 100))));
    assertEquals(MembershipErrors.BAD_REGISTRY, refused.code());
    assertTrue(refused.getMessage().contains(OLD.toString()), refused.getMessage());
  }

  @Test
  void logOfAnEarlierLifeOfAMemberWillBeReplayed() {
    change();
    assertDoesNotThrow(
        () -> LostRegistry.check(device, Optional.empty(), first(member(0, 100), member(2, 100))));
  }

  /** The registry is that of view 5, when n2 had not come yet. */
  @Test
  void logOfALifeThatBeganAfterTheNewestViewStopsTheNextOne() {
    change();
    Optional<ViewRecord> newest = Optional.of(Records.of(5, 0, List.of(member(0, 10))));
    ViewRecord next = Records.of(6, 0, List.of(member(0, 100)));
    WeftException refused =
        assertThrows(WeftException.class, () -> LostRegistry.check(device, newest, next));
    assertEquals(MembershipErrors.BAD_REGISTRY, refused.code());
    assertTrue(refused.getMessage().contains("view is 5"), refused.getMessage());
    assertTrue(refused.getMessage().contains(OLD.toString()), refused.getMessage());
  }

  /** Even if n2 is here and its log would be replayed: the registry may lack more than that. */
  @Test
  void logOfALaterLifeStopsTheNextViewAlsoIfItsNodeIsHere() {
    change();
    Optional<ViewRecord> newest =
        Optional.of(Records.of(5, 0, List.of(member(0, 10), member(2, 19))));
    ViewRecord next = Records.of(6, 0, List.of(member(0, 100), member(2, 101)));
    assertThrows(WeftException.class, () -> LostRegistry.check(device, newest, next));
  }

  /** As after a restore over directories that were not empty. */
  @Test
  void namesTheLogsToBeMovedAwayAndThoseToBeKeptAfterARestore() {
    change();
    LogId kept = new LogId(0, 10);
    new Logs().open(device, kept);
    Optional<ViewRecord> newest = Optional.of(Records.of(5, 0, List.of(member(0, 10))));
    ViewRecord next = Records.of(6, 0, List.of(member(0, 100)));
    for (Optional<ViewRecord> registry : List.of(newest, Optional.<ViewRecord>empty())) {
      String message =
          assertThrows(WeftException.class, () -> LostRegistry.check(device, registry, next))
              .getMessage();
      assertTrue(message.contains("move [" + OLD + "] out of log device memory"), message);
      assertTrue(message.contains("keep [" + kept + "]"), message);
    }
  }

  @Test
  void logsThatTheNewestViewKnowsAreReplayedAndStopNobody() {
    change();
    Optional<ViewRecord> newest =
        Optional.of(Records.of(5, 0, List.of(member(0, 10), member(2, 20))));
    ViewRecord next =
        Records.of(6, 0, List.of(member(0, 100), new ViewRecord.Entry(2, 20, EntryState.OUT)));
    assertDoesNotThrow(() -> LostRegistry.check(device, newest, next));
  }

  @Test
  void emptyLogOfALifeThatIsAboutToJoinStopsNoLaterViewEither() {
    Optional<ViewRecord> newest = Optional.of(Records.of(5, 0, List.of(member(0, 10))));
    ViewRecord next = Records.of(6, 0, List.of(member(0, 100)));
    assertDoesNotThrow(() -> LostRegistry.check(device, newest, next));
  }
}
