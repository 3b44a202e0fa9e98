// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The shared storage of redo logs, on which every node can read every log. A log is a sequence of
 * segments of equal size, numbered from 0 without gaps. The first segments may have been released.
 *
 * <ul>
 *   <li>Rule LD-1: all methods block for I/O. Different segments may be used at the same time. A
 *       segment may have one writer, one thread that forces it, and any number of readers at a
 *       time.
 *   <li>Rule LD-2: bytes are stable when a {@link LogSegment#force} has returned that began after
 *       they had been written. Before that, any part of them may survive a crash.
 *   <li>Rule LD-3: a failed force is reported once. The state of all bytes written since the last
 *       successful force is then unknown. The caller never repeats the force.
 *   <li>Rule LD-4: the unwritten part of a segment reads as zero, or as its previous content if the
 *       segment has been recycled.
 *   <li>Rule LD-5: after {@link #seal} nothing can be added to a log. A write that begins later is
 *       refused with {@link RedoErrors#LOG_SEALED}. The content that the log has then is stable,
 *       whether its writer has forced it or not.
 *   <li>Rule LD-6: deleting a log first creates a tombstone. The tombstone distinguishes a deleted
 *       log from a lost one.
 * </ul>
 */
public interface LogDevice extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /**
   * The place of this storage, where its identity is kept; empty if the storage cannot be confused
   * with another one. May be called before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /** Opens the device, and creates it if it does not exist. */
  void open();

  /** All existing logs, in ascending order. */
  List<LogId> logs();

  /** The numbers of the existing segments of a log, ascending; empty if there is no such log. */
  List<Long> segments(LogId log);

  /**
   * Creates a segment for writing. Reuses released space if there is any.
   *
   * @param bytes the size of the segment in bytes
   * @throws WeftException {@link RedoErrors#LOG_SEALED}, {@link RedoErrors#LOG_FULL} or {@link
   *     RedoErrors#LOG_IO}; no space is then allocated, and the call may be repeated
   */
  LogSegment create(LogId log, long segment, long bytes);

  /** Opens a segment for reading. */
  LogSegment open(LogId log, long segment);

  /** Releases a segment: it is deleted, or kept for reuse by this node. */
  void release(LogId log, long segment);

  /** Deletes a whole log. Another node may seal or read it at the same time. */
  void delete(LogId log);

  /**
   * Whether a log has been deleted on purpose (LD-6).
   *
   * @implSpec true for every log: the default for a device that keeps no tombstones
   */
  default boolean wasDeleted(LogId log) {
    return true;
  }

  /**
   * Removes the tombstones of the earlier incarnations of a node, which are no longer needed.
   *
   * @param log names the node and the first incarnation whose tombstone is kept
   */
  default void forgetBefore(LogId log) {}

  /** How an operator accepts the loss of a missing log, as text for an operator. */
  default String acceptLossOf(LogId log) {
    return "there is no way to go on without it";
  }

  /**
   * Seals a log permanently: its writer can add nothing any more (R12). Idempotent. A log that is
   * being deleted counts as sealed.
   */
  void seal(LogId log);

  /** Whether a log is sealed. */
  boolean isSealed(LogId log);

  @Override
  void close();

  /** One open segment of a log. */
  interface LogSegment extends AutoCloseable {
    /** Size in bytes. */
    long bytes();

    /** Writes bytes at a position. They are stable after the next {@link #force}. */
    void write(long position, MemorySegment bytes);

    /** Reads bytes from a position. Fills {@code into} completely. */
    void read(long position, MemorySegment into);

    /** Makes everything written so far stable. */
    void force();

    @Override
    void close();
  }
}
