// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.cachefusion.CacheEntry.Right;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/**
 * Work on all blocks of a shard that goes on beside its events: writing back, and giving everything
 * up at a planned end. Each task keeps its blocks in a queue and looks at the head after every
 * event, so that its cost is spread.
 */
final class ShardTasks {
  private final ShardState state;
  private final ArrayDeque<Flush> flushes = new ArrayDeque<>();
  private final ArrayDeque<CacheEntry> toDrain = new ArrayDeque<>();
  private CompletableFuture<Void> drained;

  ShardTasks(ShardState state) {
    this.state = state;
  }

  private record Due(CacheEntry entry, long version) {}

  private record Flush(ArrayDeque<Due> due, CompletableFuture<Void> done) {}

  /**
   * Completes {@code done} when every block that is dirty now is on disk, or another node's duty.
   */
  void flush(CompletableFuture<Void> done) {
    FramePool frames = state.frames();
    Flush flush = new Flush(new ArrayDeque<>(), done);
    for (CacheEntry entry : state.entries()) {
      if (entry.right != Right.NONE && frames.isDirty(entry.frame)) {
        flush.due.add(new Due(entry, frames.version(entry.frame)));
      }
    }
    flush.due.forEach(due -> state.writeBack().start(due.entry));
    flushes.add(flush);
  }

  /** Completes {@code done} when the shard holds nothing any more. */
  void drain(CompletableFuture<Void> done) {
    drained = done;
  }

  boolean isDraining() {
    return drained != null && !drained.isDone();
  }

  /** Looks at what has come to an end. */
  void work() {
    while (!flushes.isEmpty() && isDone(flushes.peek())) {
      flushes.poll().done.complete(null);
    }
    if (isDraining()) {
      workOnDrain();
    }
  }

  private boolean isDone(Flush flush) {
    FramePool frames = state.frames();
    while (!flush.due.isEmpty()) {
      Due due = flush.due.peek();
      CacheEntry entry = due.entry;
      if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < due.version) {
        state.writeBack().start(entry);
        return false;
      }
      flush.due.poll();
    }
    return true;
  }

  private void workOnDrain() {
    while (true) {
      while (!toDrain.isEmpty() && toDrain.peek().isIdle()) {
        toDrain.poll();
      }
      if (!toDrain.isEmpty()) {
        giveUp(toDrain.peek());
        return;
      }
      for (CacheEntry entry : state.entries()) {
        toDrain.add(entry);
      }
      if (toDrain.isEmpty()) {
        drained.complete(null);
        return;
      }
      toDrain.forEach(this::giveUp);
    }
  }

  private void giveUp(CacheEntry entry) {
    if (entry.right == Right.NONE || entry.releasing) {
      return;
    }
    FramePool frames = state.frames();
    if (frames.isPinned(entry.frame)) {
      frames.slow(entry.frame, true); // the last unpin leads back here
    } else if (frames.isDirty(entry.frame)) {
      entry.evictWanted = true;
      state.writeBack().start(entry);
    } else {
      state.holder().release(entry);
    }
  }

  /** Fails what is under way. */
  void fail(RuntimeException reason) {
    flushes.forEach(flush -> flush.done.completeExceptionally(reason));
    flushes.clear();
    if (drained != null) {
      drained.completeExceptionally(reason);
    }
  }
}
