// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.cachefusion.storage.WriteAttempt;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Disk writes of blocks that this node does not hold: past images, and blocks under recovery. While
 * one of an older epoch is in progress, this node does not report what it holds, because the write
 * could overwrite one of the new master (R31). Owned by the shard's executor.
 */
public final class OutsideWrites {
  private final NodeServices node;
  private final BlockStorage storage;
  private final ShardExecutor executor;
  private final ShardView view;
  private final List<Runnable> awaitingOld = new ArrayList<>();

  /**
   * Writes in progress that began in the current epoch; the next field counts those of older
   * epochs.
   */
  private int ofEpoch;

  private int old;

  OutsideWrites(NodeServices node, BlockStorage storage, ShardExecutor executor, ShardView view) {
    this.node = node;
    this.storage = storage;
    this.executor = executor;
    this.view = view;
  }

  /**
   * Writes a block once. If there is no space the write ends, so that a report does not wait for
   * space.
   *
   * @param landed runs when the write has landed
   * @param noSpace gets the time in nanoseconds after which it may be tried again
   */
  public void write(
      BlockId block, long version, MemorySegment physical, Runnable landed, LongConsumer noSpace) {
    long begun = view.epoch();
    ofEpoch++;
    storage.write(
        block,
        version,
        begun,
        physical,
        new WriteAttempt() {
          @Override
          public void onWritten() {
            end(landed);
          }

          @Override
          public void onNoSpace(long delayNs) {
            end(() -> noSpace.accept(delayNs));
          }

          private void end(Runnable then) {
            executor.execute(
                () -> {
                  ends(begun);
                  then.run();
                });
          }

          @Override
          public void onWriteFailed(WeftException reason) {
            node.run().onFailure(reason);
          }
        });
  }

  /** A write has ended; {@code begun} is the epoch in which it began. */
  private void ends(long begun) {
    if (begun == view.epoch()) {
      ofEpoch--;
    } else {
      old--;
    }
  }

  /** A view has been installed: all writes in progress now belong to an older epoch. */
  void onInstall() {
    old += ofEpoch;
    ofEpoch = 0;
  }

  /** Runs {@code then} after the event in which the last write of an older epoch ends. */
  void afterOld(Runnable then) {
    awaitingOld.add(then);
  }

  /** Called at the end of every event. */
  void work() {
    if (!awaitingOld.isEmpty() && node.rules().settled(old)) {
      List<Runnable> ready = List.copyOf(awaitingOld);
      awaitingOld.clear();
      ready.forEach(Runnable::run);
    }
  }

  /** The node stops: waiting callbacks are dropped. */
  void stop() {
    awaitingOld.clear();
  }
}
