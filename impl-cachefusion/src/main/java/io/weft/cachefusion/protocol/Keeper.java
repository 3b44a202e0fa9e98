// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The keeper's side: past images, kept until the disk holds their version or a newer one. Their
 * number is bounded: beyond it a block is written before it is shipped. Handlers carry the names of
 * the specification's actions.
 *
 * <p>A keeper asks for the write of a block whose past image has grown old, writes past images that
 * the master needs for recovery, and keeps those of quarantined blocks beside the blocks.
 */
public final class Keeper {
  /** Past images on their way to a place beside the blocks, each with a buffer of its own. */
  static final int MOST_BEING_SAVED = 4;

  private final CacheState state;
  private final FramePool frames;
  private final Waiters waiters;
  private final Rules rules;
  private final Effects effects;
  private final int most;
  private final ArrayDeque<CacheEntry> pastImages = new ArrayDeque<>(); // in order of age
  private int pastsBeingSaved;

  /**
   * Keeps nothing yet.
   *
   * @param most past images beyond which {@link #isFull} says so
   */
  Keeper(CacheState state, Waiters waiters, int most, Rules rules, Effects effects) {
    this.state = state;
    this.frames = state.frames();
    this.waiters = waiters;
    this.most = most;
    this.rules = rules;
    this.effects = effects;
  }

  boolean isFull() {
    return pastImages.size() >= most;
  }

  void keep(CacheEntry entry, int frame) {
    InvariantCheck.holds(
        entry.pastImage == FramePool.NONE, "a node keeps one past image of a block", entry);
    entry.pastImage = frame;
    entry.pastImageSinceNs = effects.nowNs();
    pastImages.add(entry);
  }

  void drop(CacheEntry entry) {
    InvariantCheck.holds(entry.pastImage != FramePool.NONE, "only what is kept is dropped", entry);
    state.free(entry.pastImage);
    entry.pastImage = FramePool.NONE;
    entry.pastSaved = false;
    pastImages.remove(entry);
  }

  /** Somebody has written the block: the disk holds {@code version} at least. */
  public void recvWritten(CacheFusionMessage.Written written) {
    CacheEntry entry = state.find(written.block());
    if (entry == null) {
      return;
    }
    if (entry.pastImage != FramePool.NONE
        && rules.pastIsOnDisk(frames.version(entry.pastImage), written.version())) {
      if (entry.pastSaved) {
        effects.dropSaved(entry.block, written.version());
      }
      drop(entry);
    }
    if (entry.right != Right.NONE && frames.diskVersion(entry.frame) < written.version()) {
      frames.diskVersion(entry.frame, written.version());
    }
    waiters.pump(entry);
  }

  /**
   * Asks for a disk write of the blocks whose past images are older than {@code ageNs}. Of one that
   * is kept beside the blocks it asks at its age only, to learn that its block is served again:
   * nothing that is urgent waits for it.
   */
  public void askForWrites(long ageNs) {
    long now = effects.nowNs();
    for (Iterator<CacheEntry> it = pastImages.iterator(); it.hasNext(); ) {
      CacheEntry entry = it.next();
      if (now - entry.pastImageSinceNs < ageNs) {
        return; // in order of age
      }
      if (ageNs == 0 && entry.pastSaved || entry.pastBeingSaved) {
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
  public void recvNobodyWrites(CacheFusionMessage.Quarantined quarantined) {
    CacheEntry entry = state.find(quarantined.block());
    if (entry != null
        && entry.pastImage != FramePool.NONE
        && !entry.pastSaved
        && !entry.pastBeingSaved
        && effects.nowNs() - entry.savePastAtNs >= 0
        && pastsBeingSaved < MOST_BEING_SAVED) {
      entry.pastBeingSaved = true;
      pastsBeingSaved++;
      effects.savePast(entry, frames.version(entry.pastImage));
    }
  }

  /**
   * The past image is stable beside the blocks. If it has gone meanwhile, or there is a newer one,
   * the block has been recovered, and the disk has that version for good: nobody else may know of
   * what has just been kept.
   */
  public void onPastSaved(CacheEntry entry, long version) {
    endSaving(entry);
    entry.pastSaved =
        entry.pastImage != FramePool.NONE && frames.version(entry.pastImage) == version;
    if (!entry.pastSaved) {
      effects.dropSaved(entry.block, version);
    }
  }

  /** It could not be kept; the master's next answer after a pause has it tried again. */
  public void onPastNotSaved(CacheEntry entry, long delayNs) {
    endSaving(entry);
    entry.savePastAtNs = effects.nowNs() + delayNs;
  }

  private void endSaving(CacheEntry entry) {
    entry.pastBeingSaved = false;
    pastsBeingSaved--;
  }

  public boolean hasAny() {
    return !pastImages.isEmpty();
  }

  // ---- recovery ------------------------------------------------------------------------------

  /**
   * The master recovers the block, and this node has its newest past image: to the disk with it.
   */
  public void recvWritePast(int from, CacheFusionMessage.WritePast message) {
    CacheEntry entry = state.find(message.block());
    if (entry == null || entry.pastImage == FramePool.NONE) {
      // A late notice of a write has come meanwhile, or it has been kept beside the blocks and
      // given up: this node has written nothing that the master could count on.
      effects.send(from, new CacheFusionMessage.PastWritten(message.block(), 0));
      return;
    }
    if (effects.writePast(from, entry, frames.version(entry.pastImage))) {
      entry.writing = true;
    }
  }

  /** The write of the past image has ended: it has landed, or found no space. */
  public void onPastWriteEnded(CacheEntry entry) {
    entry.writing = false;
    waiters.pump(entry);
  }

  /**
   * The past image is on disk, and forced. It goes when the master says that the block is recovered
   * (WRITTEN), not before: the master has still to read it.
   */
  public void onPastWritten(int master, CacheEntry entry, long version) {
    effects.send(master, new CacheFusionMessage.PastWritten(entry.block, version));
    waiters.pump(entry);
  }
}
