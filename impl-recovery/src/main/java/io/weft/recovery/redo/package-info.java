// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The redo log of a node, its format, and how a log is read. Knows no other package of recovery.
 *
 * <p>A <em>log</em> belongs to one incarnation of a node ({@link io.weft.spi.redo.LogId}). It is a
 * sequence of segments of equal size; an LSN is a position in it. {@code LogFormat} and {@code
 * SegmentHeader} define its bytes. A <em>record</em> has one change of one or more blocks: as
 * ranges of bytes or, for the first change of a block after a checkpoint, as a full image ({@link
 * io.weft.recovery.redo.ImageCompression}). A record's checksum covers its LSN and its log, so that
 * it is valid in one place only. A <em>checkpoint</em> advances the position from which recovery
 * needs the log; segments before it are reused.
 *
 * <p>The way of a commit's record to the device:
 *
 * <ol>
 *   <li>{@link io.weft.recovery.redo.FileRedoLog#append} hands it to {@link
 *       io.weft.recovery.redo.RedoLogCore#append}: {@code RecordEncoder} computes its length, and
 *       one compare-and-set reserves room in {@code RedoRing}, which gives its LSN. It is encoded
 *       there and published. No lock is taken, and no device is called.
 *   <li>{@link io.weft.recovery.redo.FileRedoLog#flush} is called by the committer. If no other
 *       thread is flushing, it flushes for all; otherwise it waits for that flush or the next one.
 *       Records of committers that do not wait are flushed by the thread {@code weft-redo}.
 *   <li>{@link io.weft.recovery.redo.RedoLogCore#flush} completes the published records in order:
 *       it adds the current durable LSN and the checksum to each.
 *   <li>{@code LogWriter} writes them to the segment in whole pages and forces it. A full segment
 *       ends with an END record; the header of the next one is written after that force. If much is
 *       written at once, the thread {@code weft-redo-force} forces it meanwhile.
 *   <li>{@link io.weft.recovery.redo.RedoLogCore#durableLsn} advances, and {@code DurableEvents}
 *       runs the events that waited for an LSN up to it.
 * </ol>
 *
 * <p>An error in one of these steps fails the log permanently and stops the node. {@link
 * io.weft.recovery.redo.LogScanner} reads a log to its end, and decides whether the bytes after it
 * are an incomplete write or damage. {@link io.weft.recovery.redo.RecordReader} reads single
 * records again.
 */
package io.weft.recovery.redo;
