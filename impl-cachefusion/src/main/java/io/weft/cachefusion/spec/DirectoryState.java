// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

/**
 * What a node's directory knows of a block that it masters, for checkers; -1 is nobody. Meaningful
 * while no event of the block's shard runs.
 *
 * @param owner holder of the exclusive right
 * @param sharers bitmap of the holders of shared rights
 * @param requester of the transaction under way
 * @param source the node that ships in it
 * @param exclusive whether it is for exclusive access
 * @param stamp of the transaction under way, or of the last one
 * @param queued requests that wait
 * @param serving whether requests are served, not held back by a view change
 * @param quarantined whether they are answered with an error, since it could not be recovered
 */
public record DirectoryState(
    int owner,
    long sharers,
    int requester,
    int source,
    boolean exclusive,
    int stamp,
    int queued,
    boolean serving,
    boolean quarantined) {}
