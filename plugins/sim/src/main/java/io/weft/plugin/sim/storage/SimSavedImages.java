// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The images of quarantined blocks that a simulated disk keeps beside them: one for each block, the
 * newest. They survive a loss of power.
 */
final class SimSavedImages {
  private final Blocks blocks;

  /** By block: the version of the image, 0 if there is none. */
  private final long[] versions;

  private final byte[][] contents;
  private final boolean[] damaged;
  private int failingLists;
  private int failingReads;

  /** Keeps nothing yet. */
  SimSavedImages(Blocks blocks) {
    this.blocks = blocks;
    this.versions = new long[blocks.count()];
    this.contents = new byte[blocks.count()][];
    this.damaged = new boolean[blocks.count()];
  }

  /** The version of the image that is kept, 0 if there is none. */
  long version(int block) {
    return versions[block];
  }

  /** Keeps an image if it is newer than the one that is kept. */
  void keep(int block, long version, byte[] content) {
    if (version > versions[block]) {
      versions[block] = version;
      damaged[block] = false;
      contents[block] = content;
    }
  }

  /**
   * All images that are kept.
   *
   * @throws WeftException if this list is to fail
   */
  List<BlockStore.SavedImage> list() {
    if (failingLists > 0) {
      failingLists--;
      throw new WeftException(StoreErrors.NOT_ACCESSIBLE, "planned failure of a list");
    }
    return IntStream.range(0, versions.length)
        .filter(block -> versions[block] > 0)
        .mapToObj(
            block ->
                new BlockStore.SavedImage(
                    new BlockId(blocks.file(block), blocks.number(block)), versions[block]))
        .toList();
  }

  /**
   * Whether exactly that image can be read, with {@link #content}.
   *
   * @throws WeftException if this read is to fail
   */
  boolean holds(int block, long version) {
    if (failingReads > 0) {
      failingReads--;
      throw new WeftException(StoreErrors.READ_FAILED, "planned failure of a kept image");
    }
    return versions[block] == version && !damaged[block];
  }

  /** The bytes of the image that is kept. */
  byte[] content(int block) {
    return contents[block];
  }

  /**
   * Keeps an image of that version, or of an older one, no longer. The next check of what is kept
   * ({@link History#checkKept}) finds an image that was needed.
   */
  void drop(int block, long version) {
    if (versions[block] <= version) {
      versions[block] = 0;
    }
  }

  // ---- what goes wrong with them

  /** The bytes of a kept image rot. */
  void damage(int block) {
    damaged[block] = true;
  }

  /** Lets the next lists fail, at whichever node. */
  void failLists(int calls) {
    failingLists = calls;
  }

  /** Lets the next reads of images fail, which are whole. */
  void failReads(int calls) {
    failingReads = calls;
  }

  /** Whether a list is still to fail. */
  boolean failsLists() {
    return failingLists > 0;
  }

  /** Lets nothing fail from here on. */
  void heal() {
    failingLists = 0;
    failingReads = 0;
  }
}
