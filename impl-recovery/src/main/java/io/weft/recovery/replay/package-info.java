// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The redo of failed nodes, indexed by block. Reads logs through {@link io.weft.recovery.redo}; its
 * caller says which nodes have failed.
 *
 * <p>The log of a failed node is <em>sealed</em>, so that it does not change any more. A node needs
 * the redo of the blocks that it masters ({@link io.weft.recovery.replay.OwnBuckets}). The changes
 * of one block form a <em>chain</em>, by version, over all logs; a full image replaces all redo
 * before it.
 *
 * <p>The redo of one view change takes these steps:
 *
 * <ol>
 *   <li>{@link io.weft.recovery.replay.RecoveryRedoReader#read} is the only call of the membership.
 *       Its arguments are the sealed logs and the buckets.
 *   <li>{@link io.weft.recovery.replay.SealedLogs} reads each log that it has not read yet. {@code
 *       LogIndex} stores, per block, the positions of its changes ({@code ChangeTable}), not their
 *       bytes. If there are too many for the memory limit, the log is read again later, range by
 *       range.
 *   <li>{@link io.weft.recovery.replay.RedoIndex} merges the logs, and is passed to the cache as
 *       {@link io.weft.spi.recovery.RecoveryRedo}.
 *   <li>{@link io.weft.recovery.replay.RedoIndex#apply} rolls one block forward: it merges the
 *       chains of all logs by version, reads each record again, verifies it, and applies it. A
 *       missing version is an error and is never skipped.
 * </ol>
 */
package io.weft.recovery.replay;
