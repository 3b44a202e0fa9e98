// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheEntry;
import io.weft.cachefusion.protocol.RecoveryMessage;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.protocol.RecoveryMessage.Inquiry;
import io.weft.cachefusion.protocol.ShardCache;
import java.util.ArrayList;
import java.util.List;

/** Reports to masters what this node holds of a shard's blocks. Owned by the shard's executor. */
final class Holdings {
  private final int shard;
  private final ShardCache cache;
  private final ShardView view;

  /** Creates the reports of the shard with that number. */
  Holdings(int shard, ShardCache cache, ShardView view) {
    this.shard = shard;
    this.cache = cache;
    this.view = view;
  }

  /** The answer to an inquiry by {@code asker} (R27). */
  List<Held> of(int asker, Inquiry inquiry) {
    return inquiry.scope() == RecoveryMessage.Scope.NAMED
        ? heldOf(inquiry.blocks())
        : heldFor(asker, inquiry.scope());
  }

  private List<Held> heldOf(List<BlockId> named) {
    List<Held> held = new ArrayList<>();
    for (BlockId block : named) {
      if (cache.state().frames().shard(block.file(), block.number()) == shard) {
        CacheEntry entry = cache.state().find(block);
        if (entry != null) {
          cache.holder().report(entry).ifPresent(held::add);
        }
      }
    }
    return held;
  }

  private List<Held> heldFor(int master, RecoveryMessage.Scope scope) {
    List<Held> held = new ArrayList<>();
    for (CacheEntry entry : cache.state().entries()) {
      if (view.masterOf(entry.block()) == master) {
        cache
            .holder()
            .report(entry)
            .filter(each -> concerns(master, scope, each))
            .ifPresent(held::add);
      }
    }
    return held;
  }

  private boolean concerns(int asker, RecoveryMessage.Scope scope, Held held) {
    return scope == RecoveryMessage.Scope.MASTERED
        || held.right() == CacheEntry.Right.NONE
        || view.mastersBefore()
            .map(map -> map.masterOf(held.block().file(), held.block().number()) != asker)
            .orElse(true);
  }
}
