// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/**
 * Tasks over all blocks of a shard that run between its events: write-back, checkpoints, and the
 * release of all blocks at a planned stop. Each task has a queue of blocks and works on its head
 * after every event, so that its cost is spread.
 */
public final class ShardTasks {
  /** Blocks of a checkpoint examined after an event; bounds the time of one event. */
  private static final int CHECKPOINT_AHEAD = 16;

  private final CacheState state;
  private final Holder holder;
  private final WriteBack writeBack;
  private final Keeper keeper;
  private final Rules rules;
  private final ArrayDeque<Flush> flushes = new ArrayDeque<>();
  private final ArrayDeque<Checkpoint> checkpoints = new ArrayDeque<>();
  private final ArrayDeque<CacheEntry> toDrain = new ArrayDeque<>();
  private CompletableFuture<Void> drained;

  public ShardTasks(ShardCache cache, Rules rules) {
    this.state = cache.state();
    this.holder = cache.holder();
    this.writeBack = cache.writeBack();
    this.keeper = cache.keeper();
    this.rules = rules;
  }

  /** A block that has to reach the disk in a version, which may not be known yet. */
  private static final class Due {
    final CacheEntry entry;

    /** The version to reach; while {@link #underChange}, the version before the change. */
    long version;

    /** A change has the block pinned, and may have logged its record. */
    boolean underChange;

    Due(CacheEntry entry, long version, boolean underChange) {
      this.entry = entry;
      this.version = version;
      this.underChange = underChange;
    }
  }

  private record Flush(ArrayDeque<Due> due, CompletableFuture<Void> done) {}

  /** Blocks whose changes up to a version must reach the disk, on whichever node. */
  private record Checkpoint(ArrayDeque<Due> due, CompletableFuture<Void> done) {}

  /**
   * Completes {@code done} when every block that is dirty now is on disk, or has moved to another
   * node.
   */
  public void flush(CompletableFuture<Void> done) {
    FramePool frames = state.frames();
    Flush flush = new Flush(new ArrayDeque<>(), done);
    for (CacheEntry entry : state.entries()) {
      if (entry.right != Right.NONE && frames.isDirty(entry.frame)) {
        flush.due.add(new Due(entry, frames.version(entry.frame), false));
      }
    }
    flush.due.forEach(due -> writeBack.start(due.entry));
    flushes.add(flush);
  }

  /**
   * Completes {@code done} when the disk is known to hold every block in its current version or a
   * newer one. For a block under change, that is the version after the change: its redo may precede
   * the checkpoint although the block does not show it yet.
   */
  public void checkpoint(CompletableFuture<Void> done) {
    FramePool frames = state.frames();
    Checkpoint checkpoint = new Checkpoint(new ArrayDeque<>(), done);
    for (CacheEntry entry : state.entries()) {
      boolean held = entry.right != Right.NONE;
      // Read the pin before the version: a change unpins last, so the version is then from before
      // the change or from after it.
      if (held && rules.mayBeLogged(frames.isWritePinned(entry.frame))) {
        checkpoint.due.add(new Due(entry, frames.version(entry.frame), true));
        continue;
      }
      boolean dirty = held && frames.isDirty(entry.frame);
      if (dirty || entry.pastImage != FramePool.NONE) {
        long version = frames.version(dirty ? entry.frame : entry.pastImage);
        checkpoint.due.add(new Due(entry, version, false));
      }
    }
    checkpoints.add(checkpoint);
  }

  /** Whether other nodes are to be asked for writes at once. */
  public boolean isUrgent() {
    return isDraining() || !checkpoints.isEmpty();
  }

  /** Completes {@code done} when the shard holds no block. */
  public void drain(CompletableFuture<Void> done) {
    drained = done;
  }

  /** Whether the shard is releasing all its blocks, or has done so. */
  public boolean isEnding() {
    return drained != null;
  }

  boolean isDraining() {
    return drained != null && !drained.isDone();
  }

  /** Completes the tasks that have ended. */
  public void work() {
    while (!flushes.isEmpty() && isDone(flushes.peek())) {
      flushes.poll().done.complete(null);
    }
    while (!checkpoints.isEmpty() && isDone(checkpoints.peek())) {
      checkpoints.poll().done.complete(null);
    }
    if (isDraining()) {
      workOnDrain();
    }
  }

  /**
   * Examines the due blocks in turn, with a few writes in progress. A past image is dropped when
   * another node has written its block, which the shard's tick asks for.
   */
  private boolean isDone(Checkpoint checkpoint) {
    for (int i = Math.min(checkpoint.due.size(), CHECKPOINT_AHEAD); i > 0; i--) {
      Due due = checkpoint.due.poll();
      if (!isOnDisk(due)) {
        checkpoint.due.add(due);
      }
    }
    while (!checkpoint.due.isEmpty() && isOnDisk(checkpoint.due.peek())) {
      checkpoint.due.poll();
    }
    return checkpoint.due.isEmpty();
  }

  private boolean isOnDisk(Due due) {
    FramePool frames = state.frames();
    CacheEntry entry = due.entry;
    if (due.underChange && !changeHasEnded(due)) {
      return false;
    }
    if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < due.version) {
      writeBack.start(entry);
      return false;
    }
    return entry.pastImage == FramePool.NONE || entry.pastSaved;
  }

  /**
   * Whether the change that had the block pinned has ended. It raises the version by one, or not at
   * all if it is aborted. Later changes of the block are not waited for.
   */
  private boolean changeHasEnded(Due due) {
    FramePool frames = state.frames();
    CacheEntry entry = due.entry;
    if (entry.right != Right.NONE) {
      boolean pinned = frames.isWritePinned(entry.frame);
      boolean grown = frames.version(entry.frame) > due.version;
      if (pinned && !grown) {
        frames.slow(entry.frame, true); // the last unpin leads back here
        return false;
      }
      due.version += grown ? 1 : 0;
    } else if (entry.pastImage != FramePool.NONE) { // the block has moved with its change
      due.version = Math.max(due.version, frames.version(entry.pastImage));
    }
    due.underChange = false;
    return true;
  }

  private boolean isDone(Flush flush) {
    FramePool frames = state.frames();
    while (!flush.due.isEmpty()) {
      Due due = flush.due.peek();
      CacheEntry entry = due.entry;
      if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < due.version) {
        writeBack.start(entry);
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
    if (entry.right == Right.NONE && entry.pastSaved) {
      keeper.drop(entry);
      state.forgetIfIdle(entry);
    }
    if (entry.right == Right.NONE || entry.releasing) {
      return;
    }
    FramePool frames = state.frames();
    if (frames.isPinned(entry.frame)) {
      frames.slow(entry.frame, true); // the last unpin leads back here
    } else if (frames.isDirty(entry.frame)) {
      entry.evictWanted = true;
      writeBack.start(entry);
    } else {
      holder.release(entry);
    }
  }

  /** Fails all tasks. */
  public void fail(RuntimeException reason) {
    flushes.forEach(flush -> flush.done.completeExceptionally(reason));
    flushes.clear();
    checkpoints.forEach(checkpoint -> checkpoint.done.completeExceptionally(reason));
    checkpoints.clear();
    if (drained != null) {
      drained.completeExceptionally(reason);
    }
  }
}
