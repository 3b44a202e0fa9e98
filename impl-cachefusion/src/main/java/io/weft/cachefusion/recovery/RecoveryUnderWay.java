// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.recovery.RedoStrategy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The part of a view's recovery that the shards use: its redo, and the blocks that requests wait
 * for. Thread-safe; {@link #begin} and {@link #end} are called by {@link DirectoryRebuild}.
 */
public final class RecoveryUnderWay {
  /** Number of requests that wait for each block under recovery. */
  private final Map<BlockId, Integer> waiting = new ConcurrentHashMap<>();

  private volatile Optional<RedoStrategy.RedoRun> run = Optional.empty();
  private volatile Optional<Given> given = Optional.empty();

  /** The redo that belongs to a view. */
  private record Given(long epoch, RecoveryRedo redo) {}

  /** The redo of failed nodes has been given for a view. */
  void give(long epoch, RecoveryRedo redo) {
    given = Optional.of(new Given(epoch, redo));
  }

  /** The redo of failed nodes for a view, if it has been given. */
  Optional<RecoveryRedo> redoOf(long epoch) {
    return given.filter(each -> each.epoch == epoch).map(Given::redo);
  }

  /** A request waits for a block under recovery; {@code requests} requests do so now. */
  void touched(BlockId block, int requests) {
    waiting.put(block, requests);
    run.ifPresent(recovery -> recovery.touched(block));
  }

  int waiting(BlockId block) {
    return waiting.getOrDefault(block, 0);
  }

  /** The redo strategy has started; it learns which blocks requests wait for. */
  void begin(RedoStrategy.RedoRun started) {
    run = Optional.of(started);
    waiting.keySet().forEach(started::touched);
  }

  /** All blocks are served. */
  void end() {
    run = Optional.empty();
    waiting.clear();
  }

  /** A new view has been installed, or the node stops. */
  void cancel() {
    run.ifPresent(RedoStrategy.RedoRun::cancel);
    end();
  }
}
