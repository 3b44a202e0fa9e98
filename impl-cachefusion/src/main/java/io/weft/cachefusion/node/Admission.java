// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much of one kind may be queued at a shard, asked before it is queued: whoever brings more is
 * told so, and the queue keeps its bound. Any thread.
 */
public final class Admission {
  private final int most;
  private final AtomicInteger inside = new AtomicInteger();

  public Admission(int most) {
    this.most = most;
  }

  /** Lets one in; false if there are too many. */
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

  /** One that was let in is gone. */
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
