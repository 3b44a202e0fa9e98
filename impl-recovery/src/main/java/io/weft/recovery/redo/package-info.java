// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The redo log of a node, its format, and how a log is read. Knows no other package of recovery.
 *
 * <p>A <em>log</em> belongs to one life of a node ({@link io.weft.spi.redo.LogId}) and is a
 * sequence of segments of equal size; an LSN is a place in it. Its bytes are in {@code LogFormat}
 * and {@code SegmentHeader}; a <em>record</em> holds what one change made of one or more blocks, as
 * ranges of bytes or, the first time after a checkpoint, as a full image ({@link
 * io.weft.recovery.redo.ImageCompression}). A record's checksum covers its place and its log, so
 * that it is valid in one place only. A <em>checkpoint</em> moves the place from which a log is
 * needed; segments before it are used again.
 *
 * <p>The way of a commit's record to the device:
 *
 * <ol>
 *   <li>{@link io.weft.recovery.redo.FileRedoLog#append} hands it to {@link
 *       io.weft.recovery.redo.RedoLogCore#append}: {@code RecordEncoder} tells its length, one
 *       compare-and-set reserves room in {@code RedoRing}, which is its LSN; it is encoded there
 *       and published. No lock, no device.
 *   <li>{@link io.weft.recovery.redo.FileRedoLog#flush} is the committer's call. Who finds nobody
 *       flushing flushes for all; the others wait for that flush or the next one. Who does not wait
 *       leaves it to the thread {@code weft-redo}.
 *   <li>{@link io.weft.recovery.redo.RedoLogCore#flush} seals what is published, without a gap: it
 *       adds to each record how far the log is durable, and its checksum.
 *   <li>{@code LogWriter} takes it in whole pages, writes them to the segment and forces it; where
 *       a segment is full, the record END closes it and the next header is written after that
 *       force.
 *   <li>{@link io.weft.recovery.redo.RedoLogCore#durableLsn} moves, and {@code DurableEvents} runs
 *       what waited for a place before it.
 * </ol>
 *
 * <p>An error on this way fails the log for good and stops the node. {@link
 * io.weft.recovery.redo.LogScanner} reads a log to its end, and decides whether what follows is a
 * write that was never completed, or damage; {@link io.weft.recovery.redo.RecordReader} reads
 * single records once more.
 */
package io.weft.recovery.redo;
