// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RedoStrategy.RedoRun;
import io.weft.spi.recovery.RedoStrategy.RedoWork;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The part that all redo strategies have in common: begins recoveries as long as an {@link Order}
 * has a block for the room that is left. It has no thread: whoever starts the run, touches a block
 * or ends a recovery begins the next ones. Thread-safe; the lock covers the order's decisions only,
 * nothing foreign is called under it.
 */
/*
 * A recovery ends twice: its `done` runs, and the call of `recover` returns, in either order and
 * perhaps on two threads. Only the later of the two frees the room and goes on. So
 *  - a `done` inside `recover` returns at once and the loop around `recover` goes on: no recursion;
 *  - every frame of `recover` on a stack occupies room: where the recovery of one block ends that
 *    of another, the stack is at most as deep as there is room.
 */
public final class RedoPump implements RedoRun {
  /** Decides what comes next. Called by one thread at a time; short, calls nobody. */
  public interface Order {
    /** There is no block left, or no room. */
    int NOTHING = -1;

    /**
     * Takes the block to begin now.
     *
     * @param underWay recoveries under way
     * @return its index in {@link RedoWork#blocks}, each index once, or {@link #NOTHING}
     */
    int next(int underWay);

    /**
     * Somebody waits for a block, perhaps for one that has been taken already.
     *
     * @param waiting how many do
     */
    void touched(int index, int waiting);
  }

  private static final int ENDS = 2;

  private final RedoWork work;
  private final Order order;
  private final List<BlockId> blocks;
  private final Map<BlockId, Integer> indexes;

  private final Object lock = new Object();
  private int underWay;
  private boolean cancelled;

  private RedoPump(RedoWork work, Order order) {
    this.work = work;
    this.order = order;
    this.blocks = work.blocks();
    this.indexes = HashMap.newHashMap(blocks.size());
    for (int index = 0; index < blocks.size(); index++) {
      indexes.put(blocks.get(index), index);
    }
  }

  /** Begins to recover, on the calling thread. */
  public static RedoRun start(RedoWork work, Order order) {
    RedoPump pump = new RedoPump(work, order);
    pump.goOn();
    return pump;
  }

  @Override
  public void touched(BlockId block) {
    Integer index = indexes.get(block);
    if (index != null) {
      int waiting = work.waiting(block);
      synchronized (lock) {
        order.touched(index, waiting);
      }
      goOn();
    }
  }

  /** A block that another thread has taken just before may still begin. */
  @Override
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
    }
  }

  private void goOn() {
    for (int index = take(); index != Order.NOTHING; index = take()) {
      recover(blocks.get(index));
    }
  }

  private void recover(BlockId block) {
    AtomicInteger ends = new AtomicInteger();
    work.recover(
        block,
        () -> {
          if (ends.incrementAndGet() == ENDS) {
            free();
            goOn();
          }
        });
    if (ends.incrementAndGet() == ENDS) {
      free();
    }
  }

  private int take() {
    synchronized (lock) {
      int index = cancelled ? Order.NOTHING : order.next(underWay);
      if (index != Order.NOTHING) {
        underWay++;
      }
      return index;
    }
  }

  private void free() {
    synchronized (lock) {
      underWay--;
    }
  }
}
