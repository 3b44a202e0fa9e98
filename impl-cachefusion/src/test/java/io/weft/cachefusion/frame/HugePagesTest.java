// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class HugePagesTest {
  private static final long BLOCK = 8 << 10;

  @Test
  @EnabledOnOs(OS.LINUX)
  void isSupportedWhereNativeAccessIsGranted() {
    assertTrue(HugePages.isSupported());
  }

  @Test
  void givesZeroedMemoryThatLivesAsLongAsTheArena() {
    long bytes = 2 * HugePages.BYTES + BLOCK;
    MemorySegment memory;
    try (Arena arena = Arena.ofShared()) {
      memory = HugePages.allocate(arena, bytes, BLOCK);
      assertEquals(bytes, memory.byteSize());
      assertTrue(memory.address() % (HugePages.isSupported() ? HugePages.BYTES : BLOCK) == 0);
      assertEquals(-1, memory.mismatch(Arena.ofAuto().allocate(bytes)));
      memory.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 7);
      assertEquals(7, memory.get(ValueLayout.JAVA_BYTE, bytes - 1));
    }
    assertFalse(memory.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void givesOrdinaryMemoryForLessThanAHugePage() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = HugePages.allocate(arena, 3 * BLOCK, BLOCK);
      assertEquals(3 * BLOCK, memory.byteSize());
      assertEquals(0, memory.address() % BLOCK);
    }
  }
}
