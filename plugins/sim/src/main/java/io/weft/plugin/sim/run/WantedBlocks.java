// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.plugin.sim.history.Blocks;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/** The blocks that an actor wants to take in one scope, in the order of their places. */
final class WantedBlocks {
  private final Blocks blocks;
  private final int hotBlocks;
  private final SplittableRandom random;
  private final int[] wanted;
  private final boolean[] exclusive;
  private int count;
  private int next;

  /**
   * Draws from these blocks.
   *
   * @param hotBlocks how many blocks are drawn in half of all cases
   * @param most blocks of one scope
   */
  WantedBlocks(Blocks blocks, int hotBlocks, int most, SplittableRandom random) {
    this.blocks = blocks;
    this.hotBlocks = hotBlocks;
    this.random = random;
    this.wanted = new int[most];
    this.exclusive = new boolean[most];
  }

  /** Draws at most so many blocks, which are wanted shared. */
  void draw(int most) {
    count = 0;
    next = 0;
    for (int i = 0; i < most; i++) {
      add(any());
    }
    for (int i = 0; i < count; i++) {
      exclusive[i] = false;
    }
  }

  private void add(int block) {
    int at = count;
    while (at > 0 && isAfter(wanted[at - 1], block)) {
      at--;
    }
    if (at == 0 || wanted[at - 1] != block) {
      System.arraycopy(wanted, at, wanted, at + 1, count - at);
      wanted[at] = block;
      count++;
    }
  }

  private boolean isAfter(int a, int b) {
    return blocks.file(a) != blocks.file(b)
        ? blocks.file(a) > blocks.file(b)
        : blocks.number(a) > blocks.number(b);
  }

  /** Any block. */
  int any() {
    return random.nextBoolean() ? random.nextInt(hotBlocks) : random.nextInt(blocks.count());
  }

  /** Wants some of the blocks exclusively; the condition is asked for one after the other. */
  void wantExclusively(BooleanSupplier some) {
    for (int i = 0; i < count; i++) {
      exclusive[i] = some.getAsBoolean();
    }
  }

  /** Wants the same blocks once more, all of them exclusively. */
  void again() {
    next = 0;
    wantExclusively(() -> true);
  }

  boolean hasNext() {
    return next < count;
  }

  /** Whether the next block is wanted exclusively. */
  boolean isNextExclusive() {
    return exclusive[next];
  }

  /** The next block. */
  int next() {
    return wanted[next++];
  }
}
