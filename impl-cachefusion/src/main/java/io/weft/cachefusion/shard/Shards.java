// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.NodeServices;
import io.weft.spi.directory.Buckets;
import java.util.function.Function;

/** The shards of a node, found by block. Immutable; any thread. */
public final class Shards implements Prefetcher {
  private final FramePool frames;
  private final Shard[] shards;

  /**
   * Creates the shards and divides the frames among them.
   *
   * @param recoverer creates the recovery of a shard's blocks
   */
  public Shards(
      NodeServices node,
      FramePool frames,
      Devices devices,
      ShardSettings settings,
      Function<ShardParts, Recoverer> recoverer) {
    this.frames = frames;
    this.shards = new Shard[settings.shards()];
    int each = frames.frames() / shards.length;
    int extra = frames.frames() % shards.length; // the first shards get one more each
    for (int i = 0, first = 0; i < shards.length; i++) {
      int count = each + (i < extra ? 1 : 0);
      FrameRange range = new FrameRange(first, count);
      shards[i] = new Shard(i, range, node, frames, devices, settings, this, recoverer);
      first += count;
    }
  }

  public int count() {
    return shards.length;
  }

  public Shard at(int index) {
    return shards[index];
  }

  /** The number of a block's shard. */
  public int indexOf(BlockId block) {
    return frames.shard(block.file(), block.number());
  }

  public Shard of(BlockId block) {
    return of(block.file(), block.number());
  }

  /** The shard of a bucket's blocks. */
  public Shard ofBucket(int bucket) {
    return shards[frames.shardOfBucket(bucket)];
  }

  public Shard of(int file, long number) {
    return shards[frames.shard(file, number)];
  }

  @Override
  public void prefetch(int file, long first, int count) {
    // More blocks than frames would evict each other.
    long end =
        first
            + Math.min(
                Math.min(count, frames.frames()), Long.MAX_VALUE - Buckets.EXTENT_BLOCKS - first);
    for (long from = first; from < end; ) {
      long next = Math.min(end, (from | (Buckets.EXTENT_BLOCKS - 1)) + 1);
      of(file, from).prefetch(file, from, (int) (next - from));
      from = next;
    }
  }
}
