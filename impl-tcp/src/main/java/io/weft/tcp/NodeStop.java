// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Stops the node when the transport cannot go on: what it called has thrown, or a member does not
 * take this node. Thread-safe.
 */
final class NodeStop {
  private static final long AGAIN_MS = 50;

  private final NodeFailure failure;
  private volatile boolean failed;
  private volatile Optional<EventLoops> loops = Optional.empty();

  NodeStop(NodeFailure failure) {
    this.failure = failure;
  }

  /** Sets the event loops on which a stop that was not possible is tried again. */
  void tryAgainOn(EventLoops started) {
    loops = Optional.of(started);
  }

  /** Whether the node has to stop: nothing is handed to services any more. */
  boolean isFailed() {
    return failed;
  }

  /** Runs a task on this thread; stops the node if it throws. */
  void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      onThrown(e);
    }
  }

  /** Stops the node for what was thrown, later if there is no memory now. */
  void onThrown(Throwable thrown) {
    try {
      stop(thrown);
    } catch (Throwable _) {
      loops.ifPresent(
          all -> all.group().schedule(() -> onThrown(thrown), AGAIN_MS, TimeUnit.MILLISECONDS));
    }
  }

  /** Stops the node, or throws if that is not possible at the moment. */
  void stop(Throwable thrown) {
    failed = true;
    failure.stop(
        thrown instanceof WeftException e
            ? e
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN,
                "what the transport called failed: " + thrown,
                thrown));
  }

  /** A member does not take this node, which therefore cannot start. */
  void refused(Member by, WeftException reason) {
    failed = true;
    failure.stop(
        new WeftException(reason.code(), by + " refuses this node: " + reason.getMessage()));
  }
}
