// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.InvariantCheck;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The state that the machines of a shard share: entries, frames, and the queue for frames. Owned by
 * the shard's executor. Knows none of the machines.
 *
 * <p>A frame is free; or it belongs to an entry as its image, past image or pending frame; or it is
 * leaving: given up, but still read by a message (S5).
 */
public final class CacheState {
  private final FramePool frames;
  private final int firstFrame;
  private final CacheEntry[] owners;
  private final int[] free;
  private final Map<BlockId, CacheEntry> entries = new HashMap<>();
  private final ArrayDeque<CacheEntry> wantingFrames = new ArrayDeque<>();
  private final Effects effects;
  private int freeCount;
  private int leaving;
  private int releasesOut;
  private int redoWaits;

  /** Creates an empty state: all frames of the range are free. */
  CacheState(FramePool frames, FrameRange range, Effects effects) {
    this.frames = frames;
    this.firstFrame = range.first();
    this.owners = new CacheEntry[range.count()];
    this.free = new int[range.count()];
    this.effects = effects;
    for (int i = range.count() - 1; i >= 0; i--) {
      free[freeCount++] = firstFrame + i;
    }
  }

  public FramePool frames() {
    return frames;
  }

  // ---- entries -------------------------------------------------------------------------------

  /** The entries with pending requests, releases or revocations: few of all entries. */
  public List<CacheEntry> underWay() {
    List<CacheEntry> found = new ArrayList<>();
    for (CacheEntry entry : entries.values()) {
      if (entry.isUnderWay()) {
        found.add(entry);
      }
    }
    return found;
  }

  public Iterable<CacheEntry> entries() {
    return entries.values();
  }

  /** The entry of a block; null if there is none. */
  public CacheEntry find(BlockId block) {
    return entries.get(block);
  }

  public CacheEntry findOrMake(BlockId block) {
    return entries.computeIfAbsent(block, CacheEntry::new);
  }

  public void forgetIfIdle(CacheEntry entry) {
    if (entry.isIdle()) {
      entries.remove(entry.block, entry);
    }
  }

  /** Whether the current right of the node serves the first waiter of the entry. */
  boolean servesHead(CacheEntry entry) {
    LeaseRequest head = entry.waiters.peek();
    return head != null && !entry.releasing && entry.right.permits(head.access());
  }

  // ---- frames --------------------------------------------------------------------------------

  int frameCount() {
    return free.length;
  }

  public int freeCount() {
    return freeCount;
  }

  /** The entry that the frame belongs to; null if the frame is free or leaving. */
  CacheEntry owner(int index) {
    return owners[index];
  }

  /** As {@link #owner}, by frame. */
  CacheEntry ownerOf(int frame) {
    return owners[frame - firstFrame];
  }

  int frameAt(int index) {
    return firstFrame + index;
  }

  /** Takes a free frame for the block of the entry; {@link FramePool#NONE} if there is none. */
  int take(CacheEntry entry) {
    if (freeCount == 0) {
      return FramePool.NONE;
    }
    int frame = free[--freeCount];
    assert owners[frame - firstFrame] == null : owners[frame - firstFrame];
    frames.assign(frame, entry.block.file(), entry.block.number());
    owners[frame - firstFrame] = entry;
    return frame;
  }

  /** Frees a frame, now or when the last message that reads it is acknowledged. */
  void free(int frame) {
    InvariantCheck.holds(frames.freeze(frame), "a frame without pins becomes free", frame);
    owners[frame - firstFrame] = null;
    if (frames.isShipping(frame)) {
      leaving++;
    } else {
      free[freeCount++] = frame;
    }
  }

  /**
   * A message that read the frame is acknowledged.
   *
   * @return the entry of the frame if no message reads it any more; null if one does, or the frame
   *     had left
   */
  CacheEntry shipped(int frame) {
    frames.shipped(frame);
    if (frames.isShipping(frame)) {
      return null;
    }
    CacheEntry owner = owners[frame - firstFrame];
    if (owner == null) {
      leaving--;
      free[freeCount++] = frame;
    }
    return owner;
  }

  /** Queues the entry for a frame. */
  void awaitFrame(CacheEntry entry) {
    if (!entry.wantsFrame) {
      entry.wantsFrame = true;
      wantingFrames.add(entry);
    }
  }

  /** Entries whose waiters need a frame, in order of arrival. */
  ArrayDeque<CacheEntry> wantingFrames() {
    return wantingFrames;
  }

  /** Frames that will become free by releases, durable redo and acknowledgements. */
  int framesFreedLater() {
    return leaving + releasesOut + redoWaits;
  }

  /** Counts a release that has been sent (1) or answered (-1). */
  void releases(int change) {
    releasesOut += change;
  }

  // ---- redo ----------------------------------------------------------------------------------

  /** Requests a notification when the redo of the entry's image is durable. */
  void awaitRedo(CacheEntry entry) {
    if (!entry.redoAwaited) {
      entry.redoAwaited = true;
      redoWaits++;
      effects.whenDurable(frames.redoLsn(entry.frame), entry);
    }
  }

  /** The redo that the entry waited for is durable. */
  void redoIsDurable(CacheEntry entry) {
    entry.redoAwaited = false;
    redoWaits--;
  }
}
