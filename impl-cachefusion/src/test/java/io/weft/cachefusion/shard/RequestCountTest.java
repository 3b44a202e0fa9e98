// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.spi.directory.Buckets;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which requests are counted, and which buckets are known to have system blocks. */
final class RequestCountTest {
  private static final int SYSTEM_FILE = 9;
  private static final BlockId SYSTEM = new BlockId(SYSTEM_FILE, 100);
  private static final BlockId DATA = new BlockId(1, 100);

  @Test
  @Tag("MA-3")
  void aBucketWithABlockOfASystemFileIsOneOfTheSystem() {
    RequestCount count = new RequestCount(0, new CountedRequests(16, Set.of(SYSTEM_FILE)));
    count.requested(DATA, 1, false);
    count.requested(SYSTEM, 1, false);
    assertTrue(count.isSystem(Buckets.of(SYSTEM_FILE, SYSTEM.number())));
    assertFalse(count.isSystem(Buckets.of(1, DATA.number())));
  }

  @Test
  void aSystemBucketIsKnownAlsoIfNothingIsCounted() {
    RequestCount count = new RequestCount(0, new CountedRequests(0, Set.of(SYSTEM_FILE)));
    count.requested(SYSTEM, 1, true);
    assertTrue(count.isSystem(Buckets.of(SYSTEM_FILE, SYSTEM.number())));
    assertEquals(0, count.table().requests());
  }
}
