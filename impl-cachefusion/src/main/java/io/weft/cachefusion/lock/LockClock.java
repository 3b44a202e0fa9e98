// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers of grants and versions of values: a logical clock (Lamport, "Time, Clocks, and the
 * Ordering of Events in a Distributed System", CACM 1978, section 3). Every message about locks
 * carries it. So a number is larger than all numbers that its node knew of. Thread-safe.
 *
 * <p>It is not the clock of system change numbers: those must be reserved in the registry before
 * they are used, and a lock must not wait for that.
 */
final class LockClock {
  private final AtomicLong now = new AtomicLong();

  /** The largest number that this node has given or seen. */
  long now() {
    return now.get();
  }

  /** A new number. */
  long next() {
    return now.incrementAndGet();
  }

  /** A message carries this number. */
  void observe(long number) {
    if (number > now.get()) {
      now.accumulateAndGet(number, Math::max);
    }
  }
}
