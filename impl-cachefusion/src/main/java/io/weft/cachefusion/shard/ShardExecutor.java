// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;

/**
 * Runs the events of one shard, and none of most kinds after the node has stopped. Callable from
 * any thread unless a method says otherwise.
 */
public final class ShardExecutor {
  private final SerialExecutor executor;

  /** Why nothing happens any more; null while the node runs. Owned by the executor. */
  private WeftException stopped;

  /**
   * Idle.
   *
   * @param afterEach runs after every event, unless the node has stopped
   */
  ShardExecutor(NodeServices node, Runnable afterEach) {
    this.executor =
        new SerialExecutor(
            node.runtime(),
            node.bursts(),
            () -> {
              if (stopped == null) {
                afterEach.run();
              }
            },
            node.run()::onFailure);
  }

  /** Runs an event; nothing is done after the node has stopped. */
  public void execute(Runnable event) {
    executor.execute(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** As {@link #execute}, from a thread that must not work for others. */
  public void executeElsewhere(Runnable event) {
    executor.executeElsewhere(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** Runs an event that has something to do even after the node has stopped. */
  void executeAlways(Runnable event) {
    executor.execute(event);
  }

  /** Runs the first such event before all that wait. */
  void executeFirst(Runnable event) {
    executor.executeFirst(event);
  }

  /** Why nothing happens any more, null while the node runs; on the executor. */
  WeftException stopped() {
    return stopped;
  }

  /** From here on nothing happens any more; on the executor. */
  void stop(WeftException reason) {
    stopped = reason;
  }

  /** Tells what was thrown while an event was brought: the node stops. */
  void fail(Throwable thrown) {
    executor.fail(thrown);
  }

  /** Sees to it that what could not go on, for want of memory or stack, goes on. */
  void look() {
    executor.look();
  }
}
