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
 * The keeper's side of the protocol: past images, kept until the disk holds their version or a
 * newer one. Their number is bounded: at the bound a block is written before it is shipped.
 * Handlers have the names of the specification's actions.
 *
 * <p>A keeper asks for the write of a block whose past image has reached its age limit, writes past
 * images that the master needs for recovery, and saves those of quarantined blocks.
 */
public final class Keeper {
  /**
   * Most past images of a shard that are being saved at the same time, each with a buffer of its
   * own.
   */
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
   * Creates a keeper without past images.
   *
   * @param most number of past images from which on {@link #isFull} is true
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
    InvariantCheck.holds(
        entry.pastImage != FramePool.NONE, "only an existing past image is dropped", entry);
    state.free(entry.pastImage);
    entry.pastImage = FramePool.NONE;
    entry.pastSaved = false;
    pastImages.remove(entry);
  }

  /** A node has written and forced the block: the disk holds {@code version} or a newer one. */
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
   * Asks for a disk write of the blocks whose past images are older than {@code ageNs}. For a saved
   * past image it asks only at its age limit, to learn that its block is served again; no urgent
   * operation waits for that.
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
   * The block is quarantined at its master (S13), so no node will write it. This node saves its
   * past image, which may repair the block later, so that checkpoints and drains need not wait. At
   * most {@link #MOST_BEING_SAVED} are saved at a time; the others follow at the next request for a
   * write.
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
   * The past image has been saved durably. If it has been dropped meanwhile, or there is a newer
   * one, the block has been recovered and its version is stable on disk. Then the saved image is
   * dropped, because no other node may know of it.
   */
  public void onPastSaved(CacheEntry entry, long version) {
    endSaving(entry);
    entry.pastSaved =
        entry.pastImage != FramePool.NONE && frames.version(entry.pastImage) == version;
    if (!entry.pastSaved) {
      effects.dropSaved(entry.block, version);
    }
  }

  /**
   * The past image could not be saved; it is tried again after a pause, at the master's next
   * answer.
   */
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

  /** The master recovers the block, and this node has the newest past image: writes it to disk. */
  public void recvWritePast(int from, CacheFusionMessage.WritePast message) {
    CacheEntry entry = state.find(message.block());
    if (entry == null || entry.pastImage == FramePool.NONE) {
      // The past image has been dropped, after a late Written or because it was saved: this
      // node has written nothing that the master could rely on.
      effects.send(from, new CacheFusionMessage.PastWritten(message.block(), 0));
      return;
    }
    if (effects.writePast(from, entry, frames.version(entry.pastImage))) {
      entry.writing = true;
    }
  }

  /** The write of the past image has landed, or found no space. */
  public void onPastWriteEnded(CacheEntry entry) {
    entry.writing = false;
    waiters.pump(entry);
  }

  /**
   * The past image is written and forced. It is kept until the master reports that the block is
   * recovered (WRITTEN), because the master has still to read it.
   */
  public void onPastWritten(int master, CacheEntry entry, long version) {
    effects.send(master, new CacheFusionMessage.PastWritten(entry.block, version));
    waiters.pump(entry);
  }
}
