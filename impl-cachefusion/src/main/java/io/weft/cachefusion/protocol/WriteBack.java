// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Writes dirty blocks to the storage. It writes copies, so that changes continue meanwhile (S8), a
 * bounded number at a time, and only blocks whose redo is durable (R3).
 *
 * <pre>
 *   dirty --write--> landed: every node reads it, a power failure of this host may undo it
 *         --force, one for many writes--> stable: the block is clean, the write is broadcast
 * </pre>
 *
 * <p>A landed block is still dirty: it may be shipped, and is dirty at the receiver, too (R36). Its
 * buffer is free again, so that the number of concurrent writes does not depend on the duration of
 * a force.
 */
public final class WriteBack {
  private final CacheState state;
  private final Keeper keeper;
  private final Waiters waiters;
  private final Rules rules;
  private final Effects effects;
  private final CacheCounters counters;
  private final ArrayDeque<MemorySegment> buffers = new ArrayDeque<>();
  private final ArrayDeque<CacheEntry> queue = new ArrayDeque<>();
  private final int bufferCount;
  private int evictionsUnforced;
  private int lackingSpace;

  WriteBack(
      CacheState state,
      Keeper keeper,
      Waiters waiters,
      int bufferCount,
      Rules rules,
      Effects effects,
      CacheCounters counters) {
    this.state = state;
    this.keeper = keeper;
    this.waiters = waiters;
    this.bufferCount = bufferCount;
    this.rules = rules;
    this.effects = effects;
    this.counters = counters;
  }

  /** Allocates the buffers of all concurrent writes. */
  public void allocate(Arena arena) {
    int bytes = state.frames().layout().physicalBytes();
    for (int i = 0; i < bufferCount; i++) {
      buffers.add(arena.allocate(bytes, bytes));
    }
  }

  /**
   * Number of writes in progress or waiting for a buffer or for space, plus blocks to be released
   * whose writes are not forced yet.
   */
  int underWay() {
    return bufferCount - buffers.size() + queue.size() + lackingSpace + evictionsUnforced;
  }

  /**
   * Writes the block now if possible, otherwise as soon as possible.
   *
   * @return whether there was anything to be written
   */
  boolean start(CacheEntry entry) {
    FramePool frames = state.frames();
    if (entry.right == Right.NONE || entry.releasing || !frames.isDirty(entry.frame)) {
      entry.writeWanted = false;
      return entry.writing;
    }
    if (entry.writing) {
      return true; // later changes are written afterwards, if still wanted
    }
    if (entry.lacksSpace) {
      return true; // it is tried again after a pause
    }
    if (entry.unforcedVersion == frames.version(entry.frame)) {
      entry.writeWanted = false;
      return true; // it will be clean after the force
    }
    if (frames.isWritePinned(entry.frame)) {
      entry.writeWanted = true; // a frame under change is never written
      frames.slow(entry.frame, true);
      if (frames.isWritePinned(entry.frame)) {
        return true;
      }
    }
    boolean pinned = frames.isChangeable(entry.frame);
    if (pinned && !frames.pinInTurn(entry.frame, Access.SHARED)) {
      entry.writeWanted = true;
      return true;
    }
    startWithoutWriter(entry);
    if (pinned && frames.unpinShared(entry.frame)) {
      waiters.pump(entry);
    }
    return true;
  }

  private void startWithoutWriter(CacheEntry entry) {
    FramePool frames = state.frames();
    if (!rules.flushedBeforeWrite(frames.redoLsn(entry.frame), effects.durableLsn())) {
      counters.redoWaits.increment();
      entry.writeWanted = true;
      state.awaitRedo(entry);
      return;
    }
    MemorySegment copy = buffers.poll();
    if (copy == null) {
      if (!entry.writeQueued) {
        entry.writeQueued = true;
        queue.add(entry);
      }
      return;
    }
    entry.writeWanted = false;
    entry.writing = true;
    copy.copyFrom(frames.physical(entry.frame));
    counters.blockWrites.increment();
    effects.write(entry, copy, frames.version(entry.frame));
  }

  /** A write has landed, and is not stable yet. */
  public void onLanded(CacheEntry entry, MemorySegment copy, long version) {
    entry.writing = false;
    buffers.add(copy);
    if (entry.unforcedVersion == 0 && entry.evictWanted) {
      entry.unforcedEviction = true;
      evictionsUnforced++;
    }
    entry.unforcedVersion = Math.max(entry.unforcedVersion, version);
    effects.force(entry, version);
    if (!rules.countsOnlyForced()) {
      onStable(entry, version);
    }
    waiters.pump(entry);
    useBuffers();
  }

  /**
   * The storage has no space for the block. The write has ended: the block may be shipped, and its
   * buffer is used for other blocks.
   */
  public void onNoSpace(CacheEntry entry, MemorySegment copy) {
    entry.writing = false;
    entry.lacksSpace = true;
    lackingSpace++;
    buffers.add(copy);
    waiters.pump(entry);
    useBuffers();
  }

  /** There may be space by now. */
  public void onMaybeSpace(CacheEntry entry) {
    entry.lacksSpace = false;
    lackingSpace--;
    start(entry);
    waiters.pump(entry);
  }

  private void useBuffers() {
    while (!buffers.isEmpty() && !queue.isEmpty()) {
      CacheEntry next = queue.poll();
      next.writeQueued = false;
      start(next);
    }
  }

  /** A write has been forced: the version is stable on disk. */
  public void onStable(CacheEntry entry, long version) {
    FramePool frames = state.frames();
    if (entry.unforcedVersion <= version) {
      entry.unforcedVersion = 0;
      evictionsUnforced -= entry.unforcedEviction ? 1 : 0;
      entry.unforcedEviction = false;
    }
    if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < version) {
      frames.diskVersion(entry.frame, version);
    }
    if (entry.pastImage != FramePool.NONE
        && rules.pastIsOnDisk(frames.version(entry.pastImage), version)) {
      keeper.drop(entry);
    }
    if (entry.announcesWrite) {
      effects.broadcast(new CacheFusionMessage.Written(entry.block, version));
      entry.announcesWrite = false;
    }
    waiters.pump(entry);
    entry.evictWanted = false; // if it could not be released now, the clock hand decides again
  }

  /** The keeper of a past image asks for a write of the block. */
  public void recvWriteRequest(CacheFusionMessage.WriteRequest request) {
    FramePool frames = state.frames();
    CacheEntry entry = state.find(request.block());
    if (entry == null || entry.right == Right.NONE || entry.releasing) {
      return; // advisory: the keeper asks again
    }
    long onDisk = frames.diskVersion(entry.frame);
    if (frames.version(entry.frame) > onDisk) {
      entry.announcesWrite = true; // so that all nodes are informed of the write
      start(entry);
    } else {
      // Not the frame's version, which a change may have raised since.
      effects.send(request.keeper(), new CacheFusionMessage.Written(entry.block, onDisk));
    }
  }
}
