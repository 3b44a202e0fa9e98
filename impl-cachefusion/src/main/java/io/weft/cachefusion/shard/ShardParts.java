// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.protocol.Directory;
import io.weft.cachefusion.protocol.Effects;

/**
 * The parts of a shard that the recovery of its blocks uses.
 *
 * @param executor runs its events
 * @param view the view that the shard has installed
 * @param directory the directory of the blocks that this node masters
 * @param outsideWrites writes blocks that this node does not hold
 * @param effects sends messages
 */
public record ShardParts(
    ShardExecutor executor,
    ShardView view,
    Directory directory,
    OutsideWrites outsideWrites,
    Effects effects) {}
