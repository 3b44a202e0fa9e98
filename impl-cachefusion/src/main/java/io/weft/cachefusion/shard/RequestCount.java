// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.AccessTable;
import io.weft.spi.directory.Buckets;
import java.util.BitSet;
import java.util.Set;

/**
 * Counts the requests that reach a shard's directory, and marks buckets with blocks of system
 * files. Owned by the shard's executor.
 */
final class RequestCount {
  private final AccessTable table;
  private final Set<Integer> systemFiles;
  private final BitSet system = new BitSet();

  RequestCount(int self, CountedRequests scope) {
    this.table = new AccessTable(self, scope.buckets());
    this.systemFiles = scope.systemFiles();
  }

  void requested(BlockId block, int from, boolean exclusive) {
    int bucket = Buckets.of(block.file(), block.number());
    table.count(bucket, from, exclusive);
    if (!systemFiles.isEmpty() && systemFiles.contains(block.file())) {
      system.set(bucket);
    }
  }

  AccessTable table() {
    return table;
  }

  boolean isSystem(int bucket) {
    return system.get(bucket);
  }
}
