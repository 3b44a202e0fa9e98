// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;

/**
 * Runs the events of one shard. After the node has stopped it runs only events submitted with
 * {@link #executeAlways}. Any thread, unless a method says otherwise.
 */
public final class ShardExecutor {
  private final SerialExecutor executor;

  /** The error that stopped the node; null while it runs. Owned by the executor. */
  private WeftException stopped;

  /**
   * Creates an idle executor.
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

  /** Runs an event, unless the node has stopped. */
  public void execute(Runnable event) {
    executor.execute(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** As {@link #execute}, from a thread that must not drain the shard. */
  public void executeElsewhere(Runnable event) {
    executor.executeElsewhere(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** Runs an event even after the node has stopped. */
  void executeAlways(Runnable event) {
    executor.execute(event);
  }

  /** Runs the first such event before all queued ones. */
  void executeFirst(Runnable event) {
    executor.executeFirst(event);
  }

  /** The error that stopped the node, null while it runs; on the executor. */
  WeftException stopped() {
    return stopped;
  }

  /** Stops the shard; on the executor. */
  void stop(WeftException reason) {
    stopped = reason;
  }

  /** Reports an exception thrown while an event was submitted; the node stops. */
  void fail(Throwable thrown) {
    executor.fail(thrown);
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  void look() {
    executor.look();
  }
}
