// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The redo of failed nodes, found by block. Reads logs through {@link io.weft.recovery.redo}, and
 * does not know who has failed.
 *
 * <p>A log is <em>dead</em> if its life is over and it is sealed; it does not change any more. A
 * node needs the redo of the blocks that it masters ({@link io.weft.recovery.replay.OwnBuckets}).
 * The changes of one block form a <em>chain</em>, by version, over all logs; a full image stands
 * for all before it.
 *
 * <p>The way of the redo of one view change:
 *
 * <ol>
 *   <li>{@link io.weft.recovery.replay.RecoveryRedoReader#read} is the only call of the membership. It
 *       names the dead logs and the buckets.
 *   <li>{@link io.weft.recovery.replay.SealedLogs} reads each log that it has not read yet: {@code
 *       LogIndex} keeps, per block, where its changes are ({@code ChangeTable}), not their bytes.
 *       If they are too many for the memory, the log is read again later, range by range.
 *   <li>{@link io.weft.recovery.replay.RedoIndex} joins the logs and is what the cache gets as
 *       {@link io.weft.spi.recovery.RecoveryRedo}.
 *   <li>{@link io.weft.recovery.replay.RedoIndex#apply} brings one block forward: it merges the
 *       chains of all logs by version, reads each record once more, checks it, and applies it. A
 *       version that is missing is an error, never skipped.
 * </ol>
 */
package io.weft.recovery.replay;
