// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Where redo logs lie: shared storage on which every node can read every log. A log is a sequence
 * of segments of equal size, numbered from 0 without gaps; the first ones may have been given back.
 *
 * <ul>
 *   <li>Rule LD-1: all methods block for I/O; different segments may be used at once, one segment
 *       by one writer and any number of readers.
 *   <li>Rule LD-2: bytes are stable after {@link LogSegment#force} has returned; until then a crash
 *       keeps any part of them.
 *   <li>Rule LD-3: a failed force is reported once and leaves the state of all bytes written since
 *       the last good one unknown; the caller never repeats it.
 *   <li>Rule LD-4: a segment reads as zero where nobody has written, or as what its former life
 *       left if it has been recycled.
 *   <li>Rule LD-5: after {@link #seal} nothing is added to a log any more: a write that begins
 *       later is refused with {@link RedoErrors#LOG_SEALED}. What the log reads as then is stable,
 *       whether its writer has forced it or not.
 *   <li>Rule LD-6: a log that is deleted leaves a tombstone before anything of it goes, so that it
 *       can be told from one that has vanished.
 * </ul>
 */
public interface LogDevice extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /**
   * The place of this storage, which has its identity; empty if it cannot be mistaken for another
   * one. May be asked before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /** Opens the device, making it if it is new. */
  void open();

  /** All logs that exist, in order. */
  List<LogId> logs();

  /** The segments of a log that exist, ascending; empty if there is no such log. */
  List<Long> segments(LogId log);

  /**
   * Makes a segment to be written, from space that was given back if there is some.
   *
   * @param bytes its size
   * @throws WeftException {@link RedoErrors#LOG_SEALED}, {@link RedoErrors#LOG_FULL} or {@link
   *     RedoErrors#LOG_IO}; then no space is taken, and the call may be repeated
   */
  LogSegment create(LogId log, long segment, long bytes);

  /** Opens a segment for reading. */
  LogSegment open(LogId log, long segment);

  /** Gives a segment back, for reuse by this node or for good. */
  void release(LogId log, long segment);

  /** Removes a whole log. Somebody may seal or read it meanwhile. */
  void delete(LogId log);

  /**
   * Whether a log has been deleted on purpose (LD-6).
   *
   * @implSpec a device that keeps no tombstones says yes of every log
   */
  default boolean wasDeleted(LogId log) {
    return true;
  }

  /** Removes the tombstones of a node's earlier lives: nobody will ask about them any more. */
  default void forgetBefore(LogId log) {}

  /** How an operator says that a log which has vanished may stay lost, for people. */
  default String acceptLossOf(LogId log) {
    return "there is no way to go on without it";
  }

  /**
   * Closes a log against its writer for ever (R12). Repeating it changes nothing; a log that is
   * just being deleted counts as sealed.
   */
  void seal(LogId log);

  /** Whether a log is sealed. */
  boolean isSealed(LogId log);

  @Override
  void close();

  /** One segment. */
  interface LogSegment extends AutoCloseable {
    /** Size in bytes. */
    long bytes();

    /** Writes; the bytes are stable after the next {@link #force}. */
    void write(long position, MemorySegment bytes);

    /** Reads; {@code into} is filled completely. */
    void read(long position, MemorySegment into);

    /** Makes everything written so far stable. */
    void force();

    @Override
    void close();
  }
}
