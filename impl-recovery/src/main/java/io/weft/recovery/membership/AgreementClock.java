// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.runtime.NodeRuntime;
import java.util.function.LongSupplier;

/**
 * The time of the agreement, in nanoseconds, from about 0 on. It advances while the machine is
 * suspended ({@link NodeRuntime#bootTime}), so the lease of this node ends in time. Thread-safe.
 */
final class AgreementClock {
  private final NodeRuntime runtime;
  private final long originNs;

  /** Starts at 0. */
  AgreementClock(NodeRuntime runtime) {
    this.runtime = runtime;
    this.originNs = runtime.bootTime();
  }

  long now() {
    return runtime.bootTime() - originNs;
  }

  /** A time of this clock as boot time of the runtime. */
  long bootTime(long ns) {
    return ns + originNs;
  }

  /**
   * A clock that shows the same time at the call, and from then on never runs ahead of real time
   * (RT-5). For a wait until the lease of another node is over.
   */
  LongSupplier patient() {
    long from = now() - runtime.nanoTime();
    return () -> from + runtime.nanoTime();
  }
}
