// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the requests that a node has outstanding, so that the queues of all lanes are bounded.
 * Thread-safe, never blocks, never allocates.
 */
public final class AdmissionCredits {
  private final AtomicInteger available;
  private final int limit;

  /**
   * Starts with all credits available.
   *
   * @param limit 1 or larger
   */
  public AdmissionCredits(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("admission limit " + limit + " is below 1");
    }
    this.limit = limit;
    this.available = new AtomicInteger(limit);
  }

  /** Takes a credit if one is left. */
  public boolean tryAcquire() {
    int seen = available.get();
    while (seen > 0) {
      if (available.compareAndSet(seen, seen - 1)) {
        return true;
      }
      seen = available.get();
    }
    return false;
  }

  /** Gives a credit back. */
  public void release() {
    int now = available.incrementAndGet();
    assert now <= limit : "more credits given back than taken";
  }

  /** Credits that are left. */
  public int available() {
    return available.get();
  }

  /** Credits in all. */
  public int limit() {
    return limit;
  }
}
