// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Frames: off-heap memory for blocks, and the state words through which application threads pin
 * them without entering a shard. The local hit is in {@link io.weft.cachefusion.frame.FramePool};
 * no other package adds a look-up or a lock to it.
 *
 * <p>Images and records are separate. {@link io.weft.cachefusion.frame.FrameImages} is one region
 * of memory and its slices; a region that other processes map would be allocated there. Pins,
 * versions and hash chains are in the heap.
 */
package io.weft.cachefusion.frame;
