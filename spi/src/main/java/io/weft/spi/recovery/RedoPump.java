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
 * The common part of all redo strategies: starts recoveries while the {@link Order} returns a
 * block. It has no thread of its own. The next recoveries are started by the thread that starts the
 * run, reports a request for a block, or completes a recovery. Thread-safe. The lock covers only
 * the decisions of the order; no other code is called under it.
 */
/*
 * A recovery has two ends: `done` runs, and the call of `recover` returns. They come in either
 * order, perhaps on two threads. Only the later one frees the slot and starts the next recovery. So
 *  - a `done` inside `recover` returns at once and the loop around `recover` continues: there is no
 *    recursion;
 *  - every call of `recover` on a stack occupies a slot: if the recovery of one block completes
 *    that of another, the stack is at most as deep as the number of slots.
 */
public final class RedoPump implements RedoRun {
  /**
   * Chooses the next block to recover. Called by one thread at a time. Must be short and must call
   * no other component.
   */
  public interface Order {
    /** No block is left, or too many recoveries are in progress. */
    int NOTHING = -1;

    /**
     * Removes and returns the block to recover now.
     *
     * @param underWay number of recoveries in progress
     * @return its index in {@link RedoWork#blocks}, each index once, or {@link #NOTHING}
     */
    int next(int underWay);

    /**
     * Reports that requests wait for a block, which may have been taken already.
     *
     * @param index the index of the block in {@link RedoWork#blocks}
     * @param waiting number of waiting requests
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

  /** Starts a run, on the calling thread. */
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

  /** Starts no further recovery, except of a block that another thread has just taken. */
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
