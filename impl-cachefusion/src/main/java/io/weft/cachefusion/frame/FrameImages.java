// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import io.weft.spi.store.BlockLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of the frames' images: one region, block-aligned, and its slices by frame. The slices
 * are made once, so that handing one out allocates nothing; the arrays are not changed after.
 *
 * <p>This is all that another process would have to map: the frames' records stay in the heap of
 * the node.
 *
 * @param physical with the header of the block
 * @param content behind the header
 * @param readOnly as {@code content}
 */
record FrameImages(MemorySegment[] physical, MemorySegment[] content, MemorySegment[] readOnly) {
  /** Allocates and touches the region. */
  static FrameImages allocate(Arena arena, int frames, BlockLayout layout) {
    int bytes = layout.physicalBytes();
    MemorySegment region = HugePages.allocate(arena, (long) frames * bytes, bytes);
    FrameImages images =
        new FrameImages(
            new MemorySegment[frames], new MemorySegment[frames], new MemorySegment[frames]);
    for (int frame = 0; frame < frames; frame++) {
      images.physical[frame] = region.asSlice((long) frame * bytes, bytes);
      images.content[frame] = images.physical[frame].asSlice(BlockLayout.HEADER_BYTES);
      images.readOnly[frame] = images.content[frame].asReadOnly();
    }
    return images;
  }
}
