// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.Stage;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.InvariantCheck;
import java.util.ArrayDeque;

/**
 * What this node knows about one block: the cache entry of the specification. Owned by the block's
 * shard. What application threads must see of it is repeated in the frame's state word.
 *
 * <pre>
 *            Request            complete
 *     N  ---------------->  N + pending  ------------>  S or X
 *     ^                                                  |  |
 *     |   Forward(X), Invalidate, ReleaseAccepted        |  |  Forward(S): X becomes S
 *     +--------------------------------------------------+  |  Request(X): S stays usable
 *                                                           v
 *                                                        releasing (frozen until answered)
 * </pre>
 */
public final class CacheEntry {
  /** The right of the specification; the dirty mark beside it is a property of the frame. */
  public enum Right {
    NONE,
    SHARED,
    EXCLUSIVE;

    boolean permits(Access access) {
      return access == Access.EXCLUSIVE ? this == EXCLUSIVE : this != NONE;
    }
  }

  final BlockId block;

  /** The right held. */
  Right right = Right.NONE;

  /** Frame of the image, while a right is held. */
  int frame = FramePool.NONE;

  /** Frame of the past image. */
  int pastImage = FramePool.NONE;

  /** When the past image came to be, in the runtime's nanoseconds. */
  long pastImageSinceNs;

  /**
   * The block is quarantined and the past image is stable beside the blocks, so that neither redo
   * nor this node has to be kept for it; or it is on its way there.
   */
  boolean pastSaved;

  boolean pastBeingSaved;

  /** When it may be tried to keep it, in the runtime's nanoseconds: it has failed before. */
  long savePastAtNs;

  /** A voluntary release is unanswered. */
  boolean releasing;

  /** The forward or invalidation that the release crossed has come already. */
  boolean revokedWhileReleasing;

  /** A release was refused: do not try again before the forward or invalidation that it crossed. */
  boolean releaseRefused;

  /** A disk write of the block is under way. */
  boolean writing;

  /** A write of it has found no space on the storage, and is tried again after a pause. */
  boolean lacksSpace;

  /** Newest version that this node has written and not forced yet; 0 if there is none. */
  long unforcedVersion;

  /** The block was to be given up when that write landed. */
  boolean unforcedEviction;

  /** The block is to be written as soon as its redo is durable and a buffer is free. */
  boolean writeWanted;

  /** Waits for a buffer to be written from. */
  boolean writeQueued;

  /** The block is to be given up when it is clean. */
  boolean evictWanted;

  /** Other nodes may take the image for changed, or keep past ones: they learn of its write. */
  boolean announcesWrite;

  /** A wake-up for durable redo is on its way. */
  boolean redoAwaited;

  /** The outstanding request. */
  final Pending pending = new Pending();

  /** Waits in the queue for frames. */
  boolean wantsFrame;

  /** The forward or invalidation that waits for pins, redo or a disk write; null if none. */
  CacheFusionMessage.Revocation revocation;

  /** Local callers in order of arrival. */
  final ArrayDeque<LeaseRequest> waiters = new ArrayDeque<>(2);

  /** How many waiters are still served in this visit of the block before a revocation is. */
  int entitled;

  CacheEntry(BlockId block) {
    this.block = block;
  }

  public BlockId block() {
    return block;
  }

  /** The frame that a disk read of the open request fills. */
  public int requestedFrame() {
    return pending.frame;
  }

  /** The frame of the past image. */
  public int pastImage() {
    return pastImage;
  }

  /** The mode as users see it. */
  BlockMode mode(FramePool frames) {
    return switch (right) {
      case NONE -> pastImage == FramePool.NONE ? BlockMode.NULL : BlockMode.PAST_IMAGE;
      case SHARED -> frames.isDirty(frame) ? BlockMode.SHARED_CURRENT : BlockMode.SHARED;
      case EXCLUSIVE -> frames.isDirty(frame) ? BlockMode.EXCLUSIVE_CURRENT : BlockMode.EXCLUSIVE;
    };
  }

  /** Stops the node if what is known of the block contradicts itself. */
  void checkInvariants() {
    InvariantCheck.holds(
        (right == Right.NONE) == (frame == FramePool.NONE), "who has a right has a frame", this);
    InvariantCheck.holds(
        pending.isOpen() == (pending.frame != FramePool.NONE),
        "a frame is reserved before its request is sent",
        this);
    InvariantCheck.holds(
        revocation == null || right != Right.NONE, "only what is held is revoked", this);
  }

  /** Whether nothing is left to remember. */
  boolean isIdle() {
    return right == Right.NONE
        && pastImage == FramePool.NONE
        && !releasing
        && !writing
        && unforcedVersion == 0
        && !pending.isOpen()
        && !wantsFrame
        && revocation == null
        && waiters.isEmpty();
  }

  /** Whether the master has something to say, or has said something that is not done yet. */
  boolean isUnderWay() {
    return pending.isOpen() || releasing || releaseRefused || revocation != null;
  }

  @Override
  public String toString() {
    return block
        + " "
        + right
        + " frame="
        + frame
        + " past="
        + pastImage
        + " releasing="
        + releasing
        + " writing="
        + writing
        + " requested="
        + pending.wanted
        + " into="
        + pending.frame
        + " revocation="
        + revocation
        + " waiters="
        + waiters.size();
  }

  /** An outstanding request of this node for the block. */
  static final class Pending {
    /** What is wanted; null if no request is open. */
    Access wanted;

    /** The frame kept ready for the image. */
    int frame = FramePool.NONE;

    boolean prefetch;
    long sinceNs;

    /** The storage is filling the frame. */
    boolean reading;

    /** What is being read was granted in an older epoch: it is thrown away when it comes. */
    boolean readIsVoid;

    /** The image is in the frame, or the own one is to be kept. */
    boolean imageIn;

    boolean keepsOwn;
    boolean dirty;
    long version;
    int stamp;

    /** Nodes that are told to drop their copies; known with the grant or the image. */
    long invalidated;

    /** Nodes that have said so. */
    long acked;

    Stage stage = Stage.DISK_GRANT;

    boolean isOpen() {
      return wanted != null;
    }

    void open(Access access, boolean asPrefetch, long nowNs) {
      wanted = access;
      prefetch = asPrefetch;
      sinceNs = nowNs;
      reading = false;
      readIsVoid = false;
      forgetAnswers();
    }

    /** Nothing that has been answered counts any more. */
    void forgetAnswers() {
      imageIn = false;
      keepsOwn = false;
      dirty = false;
      version = 0;
      stamp = CacheFusionMessage.NO_STAMP;
      invalidated = 0;
      acked = 0;
    }

    void close() {
      wanted = null;
      frame = FramePool.NONE;
    }
  }
}
