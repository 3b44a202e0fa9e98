// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.membership.ClusterRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What does not fit a file of the registry is refused by name where it is written. */
class FieldBoundsTest {
  @TempDir Path directory;

  @Test
  void aRecordThatIsTooLongIsRefusedByName() {
    ViewFiles files = new ViewFiles(directory, () -> 1);
    byte[] record = new byte[ClusterRegistry.MAX_RECORD_BYTES + 1];
    var e = assertThrows(IllegalArgumentException.class, () -> files.create(1, record));
    assertTrue(e.getMessage().contains("the record of epoch 1 has 262145 bytes"), e.getMessage());
    assertEquals(0, directory.toFile().list().length);
  }

  @Test
  void theHolderOfALockIsNeverCut() {
    LockHolder holder = new LockHolder(1, 2, "h".repeat(LockHolder.BYTES), true, 3);
    var e = assertThrows(IllegalArgumentException.class, holder::encode);
    assertTrue(e.getMessage().startsWith("the holder of a lock takes "), e.getMessage());
  }
}
