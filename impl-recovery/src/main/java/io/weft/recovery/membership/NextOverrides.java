// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.View;
import io.weft.spi.directory.Overrides;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Completes a proposed record with the buckets that have been moved: those of the record before,
 * and the moves since, as far as this node knows them. Called on the serial executor. Immutable.
 *
 * <p>This node may not know the newest moves, or none at all, because it is a witness or has not
 * installed the view before. That does no harm: all nodes compute the map of the view from its
 * record, and a master that keeps a bucket does so because it has served the bucket until then.
 */
final class NextOverrides {
  private final BlockService blocks;
  private final MembershipLog log;

  /** Completes the records of this node. */
  NextOverrides(BlockService blocks, MembershipLog log) {
    this.blocks = blocks;
    this.log = log;
  }

  /**
   * Asks the cache for the moves.
   *
   * @param then gets the completed record, on any thread. Computing it takes milliseconds, and
   *     throws the exceptions of the hash strategy
   */
  void complete(Effect.Propose order, Consumer<Supplier<ViewRecord>> then) {
    ViewRecord record = order.record();
    Overrides known = order.before().flatMap(ViewRecord::overrides).orElse(Overrides.NONE);
    blocks
        .cache()
        .moves(record.epoch() - 1)
        .whenComplete(
            (moves, thrown) -> {
              if (thrown != null) {
                log.write(Level.DEBUG, () -> "does not know the moves of buckets: " + thrown);
              }
              Map<Integer, Integer> since = thrown == null ? moves : Map.of();
              then.accept(() -> completed(record, known.after(since)));
            });
  }

  private ViewRecord completed(ViewRecord record, Overrides moved) {
    if (moved.isEmpty()) {
      return record;
    }
    View view = record.view();
    return record.with(moved.in(view.memberIds(), blocks.directory().mapOf(view)));
  }
}
