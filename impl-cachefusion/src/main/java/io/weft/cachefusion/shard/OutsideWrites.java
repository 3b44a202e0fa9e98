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
 * one of an older epoch is under way this node does not report what it has, because the write could
 * undo what the new master writes (R31). Owned by the shard's executor.
 */
public final class OutsideWrites {
  private final NodeServices node;
  private final BlockStorage storage;
  private final ShardExecutor executor;
  private final ShardView view;
  private final List<Runnable> awaitingOld = new ArrayList<>();

  /** Under way, begun in the epoch in force, and in older ones. */
  private int ofEpoch;

  private int old;

  OutsideWrites(NodeServices node, BlockStorage storage, ShardExecutor executor, ShardView view) {
    this.node = node;
    this.storage = storage;
    this.executor = executor;
    this.view = view;
  }

  /**
   * Writes a block once. While there is no space no write is under way, so that nobody waits for
   * space.
   *
   * @param landed runs when it is written
   * @param noSpace gets the time after which it may be tried again
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

  /** One has ended; {@code begun} is the epoch in which it began. */
  private void ends(long begun) {
    if (begun == view.epoch()) {
      ofEpoch--;
    } else {
      old--;
    }
  }

  /** Another view: what is under way is of an older epoch from here on. */
  void onInstall() {
    old += ofEpoch;
    ofEpoch = 0;
  }

  /** Has {@code then} run after the event by which the writes of older epochs have ended. */
  void afterOld(Runnable then) {
    awaitingOld.add(then);
  }

  /** Ends every event. */
  void work() {
    if (!awaitingOld.isEmpty() && node.rules().settled(old)) {
      List<Runnable> ready = List.copyOf(awaitingOld);
      awaitingOld.clear();
      ready.forEach(Runnable::run);
    }
  }

  /** The node stops: nothing that waits is done any more. */
  void stop() {
    awaitingOld.clear();
  }
}
