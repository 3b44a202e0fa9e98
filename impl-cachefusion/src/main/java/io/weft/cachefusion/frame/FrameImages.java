// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import io.weft.spi.store.BlockLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of the frames' images: one region, block-aligned, and its slices by frame. The slices
 * are made once, so that returning one allocates nothing. The arrays do not change afterwards.
 *
 * <p>Another process would have to map only this region: the records of frames stay in the node's
 * heap.
 *
 * @param physical by frame: header and content of the block
 * @param content by frame: the content, after the header
 * @param readOnly as {@code content}, without write access
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
