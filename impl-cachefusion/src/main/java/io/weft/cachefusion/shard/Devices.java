// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.node.BucketFollower;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.spi.redo.RedoLog;

/**
 * The targets of a shard's effects: other nodes, blocks on storage, this node's redo, and what
 * follows buckets that move.
 */
public record Devices(
    Interconnect interconnect, BlockStorage storage, RedoLog redo, BucketFollower follower) {}
