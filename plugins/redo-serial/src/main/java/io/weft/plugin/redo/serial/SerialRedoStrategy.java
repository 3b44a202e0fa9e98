// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.serial;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import jakarta.inject.Inject;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Queue;

/**
 * One block after the other, in the order of the work; touched blocks come first, in the order of
 * touching. The least load on storage and processors, the easiest to follow, and the longest way.
 * Immutable.
 */
public final class SerialRedoStrategy implements RedoStrategy {
  /** Makes a strategy; it holds nothing. */
  @Inject
  public SerialRedoStrategy() {}

  @Override
  public String name() {
    return "serial";
  }

  @Override
  public RedoRun start(RedoWork work) {
    return RedoPump.start(work, new OneByOne(work.blocks().size()));
  }

  /** A queue of touched blocks before a walk through the others. */
  private static final class OneByOne implements RedoPump.Order {
    private final int blocks;
    private final BitSet taken = new BitSet(); // begun, or in the queue
    private final Queue<Integer> touched = new ArrayDeque<>();
    private int walk;

    OneByOne(int blocks) {
      this.blocks = blocks;
    }

    @Override
    public int next(int underWay) {
      if (underWay > 0) {
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
}
