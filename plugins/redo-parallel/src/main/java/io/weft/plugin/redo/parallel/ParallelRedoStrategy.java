// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import jakarta.inject.Inject;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Queue;

/**
 * A fixed number of blocks at a time, in the order of the work; touched blocks come first, in the
 * order of touching. A block is one unit, so the order of its versions is kept. Immutable.
 */
public final class ParallelRedoStrategy implements RedoStrategy {
  private final int threads;

  /** Makes a strategy; it holds nothing but its setting. */
  @Inject
  public ParallelRedoStrategy(ParallelSettings settings) {
    this.threads = settings.threads();
  }

  @Override
  public String name() {
    return "parallel";
  }

  @Override
  public RedoRun start(RedoWork work) {
    return RedoPump.start(work, new ManyAtOnce(work.blocks().size(), threads));
  }

  /** A queue of touched blocks before a walk through the others. */
  private static final class ManyAtOnce implements RedoPump.Order {
    private final int blocks;
    private final int atOnce;
    private final BitSet taken = new BitSet(); // begun, or in the queue
    private final Queue<Integer> touched = new ArrayDeque<>();
    private int walk;

    ManyAtOnce(int blocks, int atOnce) {
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
}
