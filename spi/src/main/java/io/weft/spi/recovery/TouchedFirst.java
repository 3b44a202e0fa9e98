// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Queue;

/**
 * Recovers a fixed number of blocks at a time, in the order of the work. Requested ("touched")
 * blocks come first, in the order of the first request. Not thread-safe: {@link RedoPump} calls it
 * under its lock.
 */
public final class TouchedFirst implements RedoPump.Order {
  private final int blocks;
  private final int atOnce;
  private final BitSet taken = new BitSet(); // begun, or in the queue
  private final Queue<Integer> touched = new ArrayDeque<>();
  private int walk;

  /**
   * Creates the order of one run.
   *
   * @param blocks number of blocks of the work
   * @param atOnce largest number of recoveries in progress at a time, 1 or larger
   */
  public TouchedFirst(int blocks, int atOnce) {
    this.blocks = blocks;
    this.atOnce = atOnce;
  }

  @Override
  public int next(int underWay) {
    if (underWay >= atOnce) {
      return NOTHING;
    }
    if (!touched.isEmpty()) {
      return touched.remove();
    }
    walk = taken.nextClearBit(walk);
    if (walk == blocks) {
      return NOTHING;
    }
    taken.set(walk);
    return walk;
  }

  @Override
  public void touched(int index, int waiting) {
    if (!taken.get(index)) {
      taken.set(index);
      touched.add(index);
    }
  }
}
