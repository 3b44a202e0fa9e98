// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.CoreErrors;
import io.weft.api.Scope;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import java.util.ArrayDeque;

/**
 * Frees frames with the clock algorithm (Corbato, "A Paging Experiment with the Multics System",
 * 1968). The clock hand passes over the shard's frames. It spares frames used since its last pass,
 * starts writes of dirty ones, and releases clean ones with the release handshake. Works ahead of
 * need, so that some frames are always free.
 */
public final class Reclaimer {
  private final CacheState state;
  private final Leases leases;
  private final Holder holder;
  private final WriteBack writeBack;
  private final Rules rules;
  private final int lowFrames;
  private final ArrayDeque<CacheEntry> waiting;
  private int hand;

  /**
   * Creates a reclaimer whose clock hand is at the first frame.
   *
   * @param lowFrames number of frames to keep free
   */
  Reclaimer(
      CacheState state,
      Leases leases,
      Holder holder,
      WriteBack writeBack,
      Rules rules,
      int lowFrames) {
    this.state = state;
    this.leases = leases;
    this.holder = holder;
    this.writeBack = writeBack;
    this.rules = rules;
    this.lowFrames = lowFrames;
    this.waiting = state.wantingFrames();
  }

  /** Whether prefetches may take a frame. */
  public boolean hasRoomToSpare() {
    return waiting.isEmpty() && state.freeCount() > lowFrames / 2;
  }

  /**
   * Assigns free frames to waiting entries, and frees more if there are too few. Called at the end
   * of every event.
   */
  public void work() {
    serve();
    int missing = waiting.size() + lowFrames - state.freeCount() - framesFreedLater();
    if (missing > 0) {
      reclaim(missing);
      serve();
      refuseHolders();
    }
  }

  /** Frames that will become free without further action. */
  private int framesFreedLater() {
    return state.framesFreedLater() + writeBack.underWay();
  }

  private void serve() {
    while (!waiting.isEmpty() && state.freeCount() > 0) {
      CacheEntry entry = waiting.poll();
      entry.wantsFrame = false;
      leases.pump(entry);
    }
  }

  private void reclaim(int missing) {
    int left = missing;
    int steps = 2 * state.frameCount();
    for (int step = 0; step < steps && left > 0; step++) {
      int index = hand;
      hand = hand + 1 == state.frameCount() ? 0 : hand + 1;
      CacheEntry entry = state.owner(index);
      int frame = state.frameAt(index);
      if (entry != null && entry.frame == frame && !state.frames().spare(frame)) {
        left -= evict(entry) ? 1 : 0;
      }
    }
  }

  /** The block's master has no room in its directory: releases the block unless it is used. */
  public void recvRecall(CacheFusionMessage.Recall recall) {
    CacheEntry entry = state.find(recall.block());
    if (entry != null) {
      evict(entry);
    }
  }

  private boolean evict(CacheEntry entry) {
    if (entry.right == Right.NONE || entry.releasing || entry.evictWanted) {
      return false;
    }
    FramePool frames = state.frames();
    if (frames.isPinned(entry.frame)) {
      if (!waiting.isEmpty()) {
        frames.slow(entry.frame, true); // the last unpin notifies the shard
      }
      return false;
    }
    if (!rules.clean(frames.isDirty(entry.frame))) {
      entry.evictWanted = true;
      return writeBack.start(entry);
    }
    return holder.release(entry);
  }

  /**
   * No frame will become free without further action. A caller that holds leases while it waits may
   * be part of a deadlock, so such callers get an error; the others continue to wait.
   */
  private void refuseHolders() {
    if (waiting.isEmpty() || framesFreedLater() > 0) {
      return;
    }
    for (CacheEntry entry : waiting) {
      leases.failHolding(entry, this::exhausted);
    }
    waiting.removeIf(
        entry -> {
          boolean left = entry.waiters.isEmpty();
          if (left) {
            entry.wantsFrame = false;
            state.forgetIfIdle(entry);
          }
          return left;
        });
  }

  private WeftException exhausted(LeaseRequest request) {
    String block = "block " + request.block() + ": ";
    int count = state.frameCount();
    if (request.heldInShard() >= count) {
      return new WeftException(
          CoreErrors.SCOPE_FULL,
          block
              + "this scope itself holds all "
              + count
              + " frames of the block's shard, so repeating it does not help; take fewer"
              + " blocks of an extent at a time, or raise weft.cache-fusion.frames to "
              + Scope.MAX_LEASES
              + " or more for each of weft.cache-fusion.shards");
    }
    return new WeftException(
        CoreErrors.FRAMES_EXHAUSTED,
        block
            + "all "
            + count
            + " frames of its shard are leased or awaited; close leases and retry, or raise"
            + " weft.cache-fusion.frames");
  }
}
