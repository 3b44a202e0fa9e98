// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.runtime.BlockingLane;
import io.weft.spi.runtime.NodeRuntime;
import java.util.concurrent.Executor;

/**
 * The lanes of the membership for calls that block: one for each thing that a call waits for, each
 * with one thread at a time. So a registry that hangs does not delay the reading of logs, and a log
 * device that hangs costs no lease. Views that follow each other while a log is read occupy no
 * further threads. Thread-safe.
 *
 * @param registry reads and writes the registry
 * @param locks asks the registry whether a process has ended
 * @param fencing stops and fences failed nodes
 * @param logChecks lists the redo logs before a view is proposed
 * @param redo reads the redo of failed nodes
 * @param storage checkpoints, and deletes logs
 */
record BlockingLanes(
    Executor registry,
    Executor locks,
    Executor fencing,
    Executor logChecks,
    Executor redo,
    Executor storage) {
  static BlockingLanes of(NodeRuntime runtime) {
    return new BlockingLanes(
        lane(runtime), lane(runtime), lane(runtime), lane(runtime), lane(runtime), lane(runtime));
  }

  private static BlockingLane lane(NodeRuntime runtime) {
    return new BlockingLane(runtime.blocking(), 1);
  }
}
