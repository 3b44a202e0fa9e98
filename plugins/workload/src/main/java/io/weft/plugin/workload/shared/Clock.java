// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import java.util.concurrent.locks.LockSupport;

/** The time that the workload measures and waits by; tests have one of their own. */
public interface Clock {
  /** The clock of this machine. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void park(long nanos) {
          LockSupport.parkNanos(nanos);
        }
      };

  /** Monotonic time in nanoseconds. */
  long nanoTime();

  /** Waits for about {@code nanos}, at times less: callers look at the time again. */
  void park(long nanos);
}
