// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.history;

import io.weft.spi.store.BlockLayout;

/**
 * The blocks of a simulation: a handful of neighbours in several extents and files, named by a
 * small index.
 */
public final class Blocks {
  private final int[] files;
  private final long[] numbers;
  private final BlockLayout layout;

  /**
   * Lays the blocks out.
   *
   * @param count how many
   * @param neighbours how many of them lie beside each other in an extent
   */
  public Blocks(int count, int neighbours, BlockLayout layout) {
    this.layout = layout;
    this.files = new int[count];
    this.numbers = new long[count];
    for (int i = 0; i < count; i++) {
      int extent = i / neighbours;
      files[i] = i < count / 2 ? 1 : 2;
      numbers[i] = extent * 64L + i % neighbours;
    }
  }

  public int count() {
    return files.length;
  }

  public BlockLayout layout() {
    return layout;
  }

  public int file(int block) {
    return files[block];
  }

  public long number(int block) {
    return numbers[block];
  }

  /** The index of a block, or -1 for one that no actor uses (a neighbour that was prefetched). */
  public int indexOf(int file, long number) {
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] == number && files[i] == file) {
        return i;
      }
    }
    return -1;
  }

  public String name(int block) {
    return "b" + block + "(" + files[block] + ":" + numbers[block] + ")";
  }
}
