// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import io.weft.api.BlockId;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.StoreErrors;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * One named storage of this process. Blocks are immutable arrays, replaced as a whole, so that a
 * read never sees a partial write. Thread-safe; membership is guarded by the table of all storages.
 */
final class SharedBlocks {
  private static final Map<String, SharedBlocks> STORAGES = new HashMap<>();

  private final String name;
  private final String clusterName;
  private final int blockBytes;
  private final Set<NodeId> users = new HashSet<>();
  private final ConcurrentMap<BlockId, byte[]> blocks = new ConcurrentHashMap<>();
  private final Map<Integer, Long> fences = new HashMap<>();
  private final ReadWriteLock fencing = new ReentrantReadWriteLock();

  private SharedBlocks(String name, NodeSettings first) {
    this.name = name;
    this.clusterName = first.clusterName();
    this.blockBytes = first.blockBytes();
  }

  /** Finds or creates the storage, and registers the node as its user. */
  static SharedBlocks join(String name, NodeSettings node) {
    synchronized (STORAGES) {
      SharedBlocks shared = STORAGES.get(name);
      if (shared == null) {
        shared = new SharedBlocks(name, node);
      }
      shared.admit(node);
      STORAGES.put(name, shared);
      return shared;
    }
  }

  /** Removes the node from the users; without users the storage is dropped. */
  void leave(NodeId node) {
    synchronized (STORAGES) {
      users.remove(node);
      if (users.isEmpty()) {
        STORAGES.remove(name, this);
      }
    }
  }

  Optional<byte[]> get(BlockId id) {
    return Optional.ofNullable(blocks.get(id));
  }

  /** Writes a block, or refuses it if this incarnation of the node has been fenced. */
  void put(NodeId node, long incarnation, BlockId id, byte[] physical) {
    fencing.readLock().lock();
    try {
      long fenced = fences.getOrDefault(node.value(), 0L);
      if (fenced >= incarnation) {
        throw new WeftException(
            StoreErrors.FENCED,
            String.format(
                Locale.ROOT,
                "%s has been fenced off up to incarnation %d, and this is %d; nothing was written",
                node,
                fenced,
                incarnation));
      }
      blocks.put(id, physical);
    } finally {
      fencing.readLock().unlock();
    }
  }

  /** Fences an incarnation of a node and its earlier ones; waits for writes in progress. */
  void fence(int node, long incarnation) {
    fencing.writeLock().lock();
    try {
      fences.merge(node, incarnation, Math::max);
    } finally {
      fencing.writeLock().unlock();
    }
  }

  private void admit(NodeSettings node) {
    if (!clusterName.equals(node.clusterName())) {
      throw new WeftException(
          StoreErrors.FOREIGN_STORE,
          "storage \""
              + name
              + "\" belongs to cluster \""
              + clusterName
              + "\", not to \""
              + node.clusterName()
              + "\"; choose another weft.store.memory.name");
    }
    if (blockBytes != node.blockBytes()) {
      throw new WeftException(
          StoreErrors.BLOCK_SIZE_MISMATCH,
          "storage \""
              + name
              + "\" has blocks of "
              + blockBytes
              + " bytes; weft.block-size is "
              + node.blockBytes());
    }
    if (!users.add(node.nodeId())) {
      throw new WeftException(
          MembershipErrors.DUPLICATE_NODE,
          node.nodeId() + " already uses storage \"" + name + "\"; give each node its own id");
    }
  }
}
