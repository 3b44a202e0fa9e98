// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

import io.weft.api.NodeSet;

/**
 * The directory's state of a block that the node masters, for checkers; -1 stands for no node.
 * Valid while no event of the block's shard runs.
 *
 * @param owner holder of the exclusive right
 * @param sharers the holders of shared rights
 * @param requester of the current transaction
 * @param source the node that ships the block
 * @param exclusive whether it is for exclusive access
 * @param stamp of the current transaction, or of the last one
 * @param queued number of queued requests
 * @param serving whether requests are served, not held back by a view change
 * @param quarantined whether requests get an error because the block could not be recovered
 */
public record DirectoryState(
    int owner,
    NodeSet sharers,
    int requester,
    int source,
    boolean exclusive,
    int stamp,
    int queued,
    boolean serving,
    boolean quarantined) {}
