// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.NodeSet;
import io.weft.api.Stage;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.InvariantCheck;
import java.util.ArrayDeque;

/**
 * The state of one block in this node's cache: the cache entry of the specification. Owned by the
 * block's shard. The part that application threads must see is repeated in the frame's state word.
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
  /** The right of the specification. The dirty mark is a property of the frame. */
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

  /** When the block became a past image, in the runtime's nanoseconds. */
  long pastImageSinceNs;

  /**
   * The block is quarantined and its past image has been saved durably, so that neither redo nor
   * this node is needed for it any more.
   */
  boolean pastSaved;

  boolean pastBeingSaved;

  /** When saving may be tried again after a failure, in the runtime's nanoseconds. */
  long savePastAtNs;

  /** A voluntary release has been sent and not answered. */
  boolean releasing;

  /** The forward or invalidation that crossed the release has already arrived. */
  boolean revokedWhileReleasing;

  /**
   * A release was refused: it is not repeated before the forward or invalidation that crossed it
   * has arrived.
   */
  boolean releaseRefused;

  /** A disk write of the block is in progress. */
  boolean writing;

  /** A write of the block found no space on the storage; it is tried again after a pause. */
  boolean lacksSpace;

  /** Newest version that this node has written and not forced yet; 0 if there is none. */
  long unforcedVersion;

  /** The block is to be released once that write is forced. */
  boolean unforcedEviction;

  /** A write is wanted, and starts when the redo is durable and a buffer is free. */
  boolean writeWanted;

  /** The entry is in the queue for a write buffer. */
  boolean writeQueued;

  /** The block is to be released when it is clean. */
  boolean evictWanted;

  /** Other nodes may consider the image dirty or keep past images, so its write is broadcast. */
  boolean announcesWrite;

  /** A notification of durable redo is pending. */
  boolean redoAwaited;

  /** The outstanding request. */
  final Pending pending = new Pending();

  /** The entry is in the queue for frames. */
  boolean wantsFrame;

  /** The forward or invalidation that waits for pins, redo or a disk write; null if none. */
  CacheFusionMessage.Revocation revocation;

  /** Local callers in order of arrival. */
  final ArrayDeque<LeaseRequest> waiters = new ArrayDeque<>(2);

  /**
   * How many waiters are still served during this stay of the block before a revocation is carried
   * out.
   */
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

  /** Stops the node if the fields contradict each other. */
  void checkInvariants() {
    InvariantCheck.holds(
        (right == Right.NONE) == (frame == FramePool.NONE),
        "a right and a frame come together",
        this);
    InvariantCheck.holds(
        pending.isOpen() == (pending.frame != FramePool.NONE),
        "a frame is reserved before its request is sent",
        this);
    InvariantCheck.holds(
        revocation == null || right != Right.NONE, "only a held block is revoked", this);
  }

  /** Whether the entry holds no state, so that it can be removed. */
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

  /** Whether an answer of the master is pending, or one of its orders is not carried out yet. */
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
    /** The access requested; null if no request is open. */
    Access wanted;

    /** The frame reserved for the image. */
    int frame = FramePool.NONE;

    boolean prefetch;
    long sinceNs;

    /** The storage is filling the frame. */
    boolean reading;

    /** The read in progress was granted in an older epoch: its result is discarded. */
    boolean readIsVoid;

    /** The image is in the frame, or the grant keeps the image that the node holds. */
    boolean imageIn;

    boolean keepsOwn;
    boolean dirty;
    long version;
    int stamp;

    /** The nodes that have to drop their copies; known from the grant or the image. */
    NodeSet invalidated = NodeSet.NONE;

    /** Bitmap of the nodes below 64 that have acknowledged it: needs no set in most clusters. */
    private long acked;

    /** The other nodes that have acknowledged it. */
    private NodeSet alsoAcked = NodeSet.NONE;

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

    /** Discards all answers received so far. */
    void forgetAnswers() {
      imageIn = false;
      keepsOwn = false;
      dirty = false;
      version = 0;
      stamp = CacheFusionMessage.NO_STAMP;
      invalidated = NodeSet.NONE;
      acked = 0;
      alsoAcked = NodeSet.NONE;
    }

    /** A node has acknowledged that it has dropped its copy. */
    void acknowledged(int node) {
      if (node < Long.SIZE) {
        acked |= 1L << node;
      } else {
        alsoAcked = alsoAcked.with(node);
      }
    }

    /** The number of invalidated nodes that have not acknowledged it. */
    int acknowledgementsMissing() {
      int missing = Long.bitCount(invalidated.word(0) & ~acked);
      for (int index = 1; index < invalidated.words(); index++) {
        missing += Long.bitCount(invalidated.word(index) & ~alsoAcked.word(index));
      }
      return missing;
    }

    void close() {
      wanted = null;
      frame = FramePool.NONE;
    }
  }
}
