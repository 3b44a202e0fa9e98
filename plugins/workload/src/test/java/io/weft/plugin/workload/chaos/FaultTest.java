// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.chaos.Nemesis.Deed;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void everyDeedBelongsToOneFault() {
    Set<Deed> deeds = EnumSet.noneOf(Deed.class);
    for (Fault fault : Fault.values()) {
      for (Deed deed : Fault.deeds(List.of(fault))) {
        assertTrue(deeds.add(deed), deed::toString);
        assertEquals(fault, Fault.of(deed));
      }
    }
    assertEquals(EnumSet.allOf(Deed.class), deeds);
  }

  @Test
  void aStopIsExcusedByTheFaultThatItFits() {
    assertTrue(Fault.excuses("WEFT-6202 LOG_FULL", List.of(Fault.DISK_FULL)));
    assertFalse(Fault.excuses("WEFT-6202 LOG_FULL", List.of(Fault.EIO, Fault.POWER)));
    assertTrue(Fault.excuses("WEFT-6201 LOG_IO", List.of(Fault.CLOCK, Fault.EIO)));
    assertFalse(Fault.excuses("WEFT-6201 LOG_IO", List.of(Fault.KILL)));
  }

  @Test
  void everyNodeMayLoseItsMembershipAndNothingElse() {
    assertTrue(Fault.excuses("WEFT-4003 EVICTED", List.of()));
    assertFalse(Fault.excuses("WEFT-1 INVARIANT_BROKEN", List.of(Fault.values())));
  }
}
