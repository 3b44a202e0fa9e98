// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import java.time.Duration;

/**
 * Settings of {@link JvmNodeRuntime}.
 *
 * @param spin how long a waiting thread spins before it parks, 0 to 1 ms
 * @param blockingThreads most threads that run blocking tasks, 1 to 256
 * @param blockingQueue most blocking tasks that wait for a thread, 1 to 1,048,576
 * @param workerThreads most threads that continue the work of other threads, 1 to 256
 */
public record JvmRuntimeSettings(
    Duration spin, int blockingThreads, int blockingQueue, int workerThreads) {
  /** Longest time that may be set for spinning. */
  private static final Duration MAX_SPIN = Duration.ofMillis(1);

  /** As in {@code reference.conf}. */
  public static final JvmRuntimeSettings DEFAULTS =
      new JvmRuntimeSettings(Duration.ofNanos(20_000), 10, 1_024, 8);

  /** Checks the ranges. */
  public JvmRuntimeSettings {
    if (spin.isNegative() || spin.compareTo(MAX_SPIN) > 0) {
      throw new IllegalArgumentException(
          "weft.runtime.jvm.spin = " + spin + " is outside 0 to 1 ms");
    }
    checkRange("blocking-threads", blockingThreads, 256);
    checkRange("blocking-queue", blockingQueue, 1 << 20);
    checkRange("worker-threads", workerThreads, 256);
  }

  private static void checkRange(String key, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          "weft.runtime.jvm." + key + " = " + value + " is outside 1 to " + most);
    }
  }
}
