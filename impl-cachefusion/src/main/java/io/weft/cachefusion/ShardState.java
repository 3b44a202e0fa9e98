// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.BlockId;
import io.weft.cachefusion.CacheEntry.Right;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The cache state of one shard: its entries, its frames, and who waits for a frame. Shared by the
 * state machines of the shard and owned by its executor.
 *
 * <p>A frame is free, or belongs to an entry as its image, its past image or its pending frame, or
 * is on its way out: given up, but still read by a message (S5).
 */
final class ShardState {
  /** Past images on their way to a place beside the blocks, each with a buffer of its own. */
  static final int MOST_BEING_KEPT = 4;

  private final FramePool frames;
  private final int firstFrame;
  private final CacheEntry[] owners;
  private final int[] free;
  private final Map<BlockId, CacheEntry> entries = new HashMap<>();
  private final ArrayDeque<CacheEntry> pastImages = new ArrayDeque<>();
  private final int maxPastImages;
  private final Rules rules;
  private final Effects effects;
  private final CacheCounters counters;
  private final Holder holder;
  private final Requester requester;
  private final Admission admission;
  private final Leases leases;
  private final WriteBack writeBack;
  private final Reclaimer reclaimer;
  private int freeCount;
  private int leaving;
  private int releasesOut;
  private int redoWaits;
  private int pastsBeingKept;

  /**
   * Takes the frames {@code firstFrame} to {@code firstFrame + frameCount - 1}.
   *
   * @param limits bounds of the shard
   */
  ShardState(
      int self,
      FramePool frames,
      int firstFrame,
      int frameCount,
      ShardLimits limits,
      Rules rules,
      Effects effects,
      CacheCounters counters) {
    this.frames = frames;
    this.firstFrame = firstFrame;
    this.owners = new CacheEntry[frameCount];
    this.free = new int[frameCount];
    this.maxPastImages = limits.pastImages();
    this.rules = rules;
    this.effects = effects;
    this.counters = counters;
    for (int i = frameCount - 1; i >= 0; i--) {
      free[freeCount++] = firstFrame + i;
    }
    this.holder = new Holder(this, rules, effects, counters);
    this.requester = new Requester(self, this, rules, effects, counters);
    this.admission = new Admission(limits.waiters());
    this.leases = new Leases(this, admission, counters);
    this.writeBack = new WriteBack(this, limits.writes(), rules, effects, counters);
    this.reclaimer = new Reclaimer(this, limits.lowFrames());
  }

  FramePool frames() {
    return frames;
  }

  Holder holder() {
    return holder;
  }

  Requester requester() {
    return requester;
  }

  /** Of callers that wait; any thread. */
  Admission admission() {
    return admission;
  }

  Leases leases() {
    return leases;
  }

  WriteBack writeBack() {
    return writeBack;
  }

  Reclaimer reclaimer() {
    return reclaimer;
  }

  /** The entries with which something is under way: few of the many. */
  List<CacheEntry> underWay() {
    List<CacheEntry> found = new ArrayList<>();
    for (CacheEntry entry : entries.values()) {
      if (entry.isUnderWay()) {
        found.add(entry);
      }
    }
    return found;
  }

  Iterable<CacheEntry> entries() {
    return entries.values();
  }

  /** The entry of a block; null if the node knows nothing about it. */
  CacheEntry find(BlockId block) {
    return entries.get(block);
  }

  CacheEntry findOrMake(BlockId block) {
    return entries.computeIfAbsent(block, CacheEntry::new);
  }

  void forgetIfIdle(CacheEntry entry) {
    if (entry.isIdle()) {
      entries.remove(entry.block, entry);
    }
  }

  /** Whether the first waiter of the entry can be served under the right that the node has now. */
  boolean servesHead(CacheEntry entry) {
    LeaseRequest head = entry.waiters.peek();
    return head != null && !entry.releasing && entry.right.permits(head.access());
  }

  // ---- frames --------------------------------------------------------------------------------

  int frameCount() {
    return free.length;
  }

  int freeCount() {
    return freeCount;
  }

  /** The entry that the frame belongs to; null if it is free or on its way out. */
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
    frames.assign(frame, entry.block.file(), entry.block.number());
    owners[frame - firstFrame] = entry;
    return frame;
  }

  /** Gives a frame back, now or when the last message that reads it is acknowledged. */
  void free(int frame) {
    frames.freeze(frame);
    owners[frame - firstFrame] = null;
    if (frames.isShipping(frame)) {
      leaving++;
    } else {
      free[freeCount++] = frame;
    }
  }

  /** A message that read the frame is acknowledged. */
  void shipped(int frame) {
    frames.shipped(frame);
    if (frames.isShipping(frame)) {
      return;
    }
    CacheEntry owner = owners[frame - firstFrame];
    if (owner == null) {
      leaving--;
      free[freeCount++] = frame;
    } else {
      leases.pump(owner);
    }
  }

  /** Frames that become free without anybody's doing, sooner or later. */
  int inMotion() {
    return leaving + releasesOut + redoWaits + writeBack.underWay();
  }

  /** A release has been sent (1) or answered (-1). */
  void releases(int change) {
    releasesOut += change;
  }

  void countUnusedPrefetch(int frame) {
    if (frames.isPrefetchedUnused(frame)) {
      counters.prefetchMisses.increment();
    }
  }

  // ---- redo ----------------------------------------------------------------------------------

  /** Has the entry looked at again when the redo of its image is durable. */
  void awaitRedo(CacheEntry entry) {
    if (!entry.redoAwaited) {
      entry.redoAwaited = true;
      redoWaits++;
      effects.whenDurable(frames.redoLsn(entry.frame), entry);
    }
  }

  /** The redo that the entry waited for is durable. */
  void onDurable(CacheEntry entry) {
    entry.redoAwaited = false;
    redoWaits--;
    if (entry.writeWanted) {
      writeBack.start(entry);
    }
    holder.proceed(entry);
  }

  // ---- past images ---------------------------------------------------------------------------

  boolean pastImagesFull() {
    return pastImages.size() >= maxPastImages;
  }

  void keepPastImage(CacheEntry entry, int frame) {
    entry.pastImage = frame;
    entry.pastImageSinceNs = effects.nowNs();
    pastImages.add(entry);
  }

  void dropPastImage(CacheEntry entry) {
    free(entry.pastImage);
    entry.pastImage = FramePool.NONE;
    entry.pastKept = false;
    pastImages.remove(entry);
  }

  /** Somebody has written the block: the disk holds {@code version} at least. */
  void recvWritten(CacheFusionMessage.Written written) {
    CacheEntry entry = find(written.block());
    if (entry == null) {
      return;
    }
    if (entry.pastImage != FramePool.NONE
        && rules.pastIsOnDisk(frames.version(entry.pastImage), written.version())) {
      if (entry.pastKept) {
        effects.dropKept(entry.block, written.version());
      }
      dropPastImage(entry);
    }
    if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < written.version()) {
      frames.diskVersion(entry.frame, written.version());
    }
    leases.pump(entry);
  }

  /**
   * Asks for a disk write of the blocks whose past images are older than {@code ageNs}. Of one that
   * is kept beside the blocks it asks at its age only, to learn that its block is served again:
   * nothing that is urgent waits for it.
   */
  void askForWrites(long ageNs) {
    long now = effects.nowNs();
    for (Iterator<CacheEntry> it = pastImages.iterator(); it.hasNext(); ) {
      CacheEntry entry = it.next();
      if (now - entry.pastImageSinceNs < ageNs) {
        return; // in order of age
      }
      if (ageNs == 0 && entry.pastKept || entry.pastBeingKept) {
        continue;
      }
      effects.send(
          effects.master(entry),
          new CacheFusionMessage.WriteRequest(
              entry.block, frames.version(entry.pastImage), false, 0));
    }
  }

  /**
   * The block is quarantined at its master (S13), so that nobody will write what this node has a
   * past image of. The image stays, since it may heal the block, but nothing waits for that: it is
   * kept beside the blocks, and checkpoints and drains go on. A few at a time; the others' turn
   * comes when their block is asked for again.
   */
  void recvNobodyWrites(CacheFusionMessage.Quarantined quarantined) {
    CacheEntry entry = find(quarantined.block());
    if (entry != null
        && entry.pastImage != FramePool.NONE
        && !entry.pastKept
        && !entry.pastBeingKept
        && effects.nowNs() - entry.keepPastAtNs >= 0
        && pastsBeingKept < MOST_BEING_KEPT) {
      entry.pastBeingKept = true;
      pastsBeingKept++;
      effects.keepPast(entry, frames.version(entry.pastImage));
    }
  }

  /**
   * The past image is stable beside the blocks. If it has gone meanwhile, or there is a newer one,
   * the block has been recovered, and the disk has that version for good: nobody else may know of
   * what has just been kept.
   */
  void onPastKept(CacheEntry entry, long version) {
    endKeeping(entry);
    entry.pastKept =
        entry.pastImage != FramePool.NONE && frames.version(entry.pastImage) == version;
    if (!entry.pastKept) {
      effects.dropKept(entry.block, version);
    }
  }

  /** It could not be kept; the master's next answer after a pause has it tried again. */
  void onPastNotKept(CacheEntry entry, long delayNs) {
    endKeeping(entry);
    entry.keepPastAtNs = effects.nowNs() + delayNs;
  }

  private void endKeeping(CacheEntry entry) {
    entry.pastBeingKept = false;
    pastsBeingKept--;
  }

  boolean hasPastImages() {
    return !pastImages.isEmpty();
  }

  /** A past image's keeper would like the block on disk. */
  void recvWriteRequest(CacheFusionMessage.WriteRequest request) {
    CacheEntry entry = find(request.block());
    if (entry == null || entry.right == Right.NONE || entry.releasing) {
      return; // advisory: the keeper asks again
    }
    long onDisk = frames.diskVersion(entry.frame);
    if (frames.version(entry.frame) > onDisk) {
      entry.announcesWrite = true; // so that everybody learns of the write
      writeBack.start(entry);
    } else {
      // Not the version, which a change may have raised since.
      effects.send(request.keeper(), new CacheFusionMessage.Written(entry.block, onDisk));
    }
  }

  Rules rules() {
    return rules;
  }

  /** Bounds of one shard; each is a part of the node's. */
  record ShardLimits(int waiters, int writes, int pastImages, int lowFrames) {}
}
