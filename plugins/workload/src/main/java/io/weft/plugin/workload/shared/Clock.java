// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import java.util.concurrent.locks.LockSupport;

/** The clock of the workloads; tests use one of their own. */
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

  /** Waits for about {@code nanos} nanoseconds, sometimes less: callers check the time again. */
  void park(long nanos);
}
