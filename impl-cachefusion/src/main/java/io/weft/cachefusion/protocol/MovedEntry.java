// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import java.util.List;

/**
 * What the next master gets of the directory entry of a block without a transaction.
 *
 * @param owner holder of the exclusive right, {@link DirectoryEntry#NO_NODE} if there is none
 * @param sharers the holders of shared rights
 * @param queue requests in order of arrival
 */
record MovedEntry(BlockId block, int owner, NodeSet sharers, List<Queued> queue) {
  /** Most requests that travel with an entry, so that it fits into one message. */
  static final int MOST_QUEUED = 64;

  MovedEntry {
    queue = List.copyOf(queue);
  }

  /** What the next master gets of an entry, with the first requests of its queue or without. */
  static MovedEntry of(DirectoryEntry entry, boolean withQueue) {
    return new MovedEntry(
        entry.block(),
        entry.owner,
        entry.sharers(),
        withQueue ? entry.queue.stream().limit(MOST_QUEUED).toList() : List.of());
  }
}
