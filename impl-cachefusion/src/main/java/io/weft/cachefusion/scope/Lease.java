// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockMode;
import io.weft.api.CoreErrors;
import io.weft.api.ExclusiveLease;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A reusable handle on a pinned frame; owned by its scope and used by the scope's thread.
 *
 * <p>With assertions, the memory segments of a lease become invalid when it ends, so that a later
 * access throws. Without assertions there is one segment per frame, so that a local hit allocates
 * nothing.
 */
final class Lease implements ExclusiveLease {
  /**
   * Whether segments end with their lease: with assertions, and only with native access, which that
   * needs.
   */
  private static final boolean SEGMENTS_END =
      Lease.class.desiredAssertionStatus() && Lease.class.getModule().isNativeAccessEnabled();

  /**
   * This handle as an Optional, made once so that {@code tryShared} and {@code tryExclusive}
   * allocate nothing.
   */
  final Optional<Lease> found = Optional.of(this);

  private final LeaseScope scope;
  private final FramePool frames;
  private int level;
  private int file;
  private long number;
  private Access access = Access.SHARED;
  private int frame = FramePool.NONE;

  /** The arena of the returned segments; null before the first one, and without assertions. */
  private Arena segments;

  /** Reserved for an asynchronous request that is not granted yet. */
  boolean reserved;

  /** Declared ranges of this lease; such a lease stays until commit or abort. */
  int ranges;

  Lease(LeaseScope scope, FramePool frames) {
    this.scope = scope;
    this.frames = frames;
  }

  void open(int level, int file, long number, Access access, int frame) {
    this.level = level;
    this.file = file;
    this.number = number;
    this.access = access;
    this.frame = frame;
    this.ranges = 0;
  }

  boolean isOpen() {
    return frame != FramePool.NONE;
  }

  boolean isExclusive() {
    return access == Access.EXCLUSIVE;
  }

  boolean isOf(LeaseScope other) {
    return scope == other;
  }

  /** Compares this lease with a block in the order of leases. */
  int compareTo(int otherLevel, int otherFile, long otherNumber) {
    if (level != otherLevel) {
      return Integer.compare(level, otherLevel);
    }
    return file != otherFile ? Integer.compare(file, otherFile) : Long.compare(number, otherNumber);
  }

  boolean isOn(int otherFile, long otherNumber) {
    return number == otherNumber && file == otherFile;
  }

  int frame() {
    if (frame == FramePool.NONE) {
      throw closed();
    }
    return frame;
  }

  private WeftException closed() {
    return new WeftException(
        CoreErrors.ILLEGAL_USE,
        "the lease on block "
            + file
            + ":"
            + number
            + " is closed; take the block again, a handle ends with its lease or scope");
  }

  /** Whether there are segments that end with the lease. */
  boolean hasSegments() {
    return segments != null;
  }

  /** Ends the returned segments; throws if a thread is using one. */
  void endSegments() {
    Arena given = segments;
    segments = null;
    given.close();
  }

  /** Unpins the frame; true if the caller must notify the shard. */
  boolean unpin() {
    int held = frame;
    frame = FramePool.NONE;
    return isExclusive() ? frames.unpinExclusive(held) : frames.unpinShared(held);
  }

  @Override
  public int file() {
    return file;
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public long version() {
    return frames.version(frame());
  }

  @Override
  public BlockMode mode() {
    boolean dirty = frames.isDirty(frame());
    if (frames.isChangeable(frame)) {
      return dirty ? BlockMode.EXCLUSIVE_CURRENT : BlockMode.EXCLUSIVE;
    }
    return dirty ? BlockMode.SHARED_CURRENT : BlockMode.SHARED;
  }

  @Override
  public MemorySegment content() {
    return handOut(frames.readOnly(frame()));
  }

  /** The segment for the application. */
  @SuppressWarnings("restricted") // only used where native access is granted
  MemorySegment handOut(MemorySegment segment) {
    if (!SEGMENTS_END) {
      return segment;
    }
    if (segments == null) {
      segments = scope.context.newSegments();
    }
    return segment.reinterpret(segments, null);
  }

  @Override
  public void close() {
    scope.close(this);
  }
}
