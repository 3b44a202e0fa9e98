// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.protocol.DirectoryRoom;
import io.weft.spi.runtime.Setback;
import java.util.concurrent.TimeUnit;

/** Looks after a full directory at intervals. Owned by the shard's executor. */
final class RoomTicks {
  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  /** Interval between two looks: 20 ms. */
  private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final NodeServices node;
  private final ShardExecutor executor;
  private final DirectoryRoom room;
  private final Setback warnings;
  private boolean ticking;

  RoomTicks(NodeServices node, ShardExecutor executor, DirectoryRoom room) {
    this.node = node;
    this.executor = executor;
    this.room = room;
    this.warnings = new Setback(LOG, node.runtime()::nanoTime);
  }

  /** Schedules the next look if the directory is full. Called at the end of every event. */
  void work() {
    if (!ticking && room.isWanted()) {
      ticking = true;
      node.runtime().schedule(TICK_NS, () -> executor.executeElsewhere(this::onTick));
    }
  }

  private void onTick() {
    ticking = false;
    if (executor.stopped() == null) {
      room.warning().ifPresent(text -> warnings.met(() -> text));
      room.onTick();
    }
  }
}
