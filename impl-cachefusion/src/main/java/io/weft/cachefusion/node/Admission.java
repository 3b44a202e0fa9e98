// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many items of one kind are queued at a shard. It is asked before an item is queued, so
 * the caller learns that the bound is reached. Any thread.
 */
public final class Admission {
  private final int most;
  private final AtomicInteger inside = new AtomicInteger();

  public Admission(int most) {
    this.most = most;
  }

  /** Admits one item; false if the bound is reached. */
  public boolean enter() {
    while (true) {
      int now = inside.get();
      if (now >= most) {
        return false;
      }
      if (inside.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** An admitted item is finished. */
  public void leave() {
    int before = inside.getAndDecrement();
    assert before > 0 : "left without having entered";
  }

  public int most() {
    return most;
  }

  public int inside() {
    return inside.get();
  }
}
