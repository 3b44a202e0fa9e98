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
 * Stops the node when the transport cannot continue: a handler or listener has thrown, or a member
 * refuses this node. Thread-safe.
 */
final class NodeStop {
  /** Pause before a stop that failed for lack of memory is tried again: 50 ms. */
  private static final long AGAIN_MS = 50;

  private final NodeFailure failure;
  private volatile boolean failed;
  private volatile Optional<EventLoops> loops = Optional.empty();

  NodeStop(NodeFailure failure) {
    this.failure = failure;
  }

  /** Sets the event loops on which a failed stop is tried again. */
  void tryAgainOn(EventLoops started) {
    loops = Optional.of(started);
  }

  /** Whether the node has to stop, so that no message is delivered any more. */
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

  /** Stops the node for an exception, later if there is not enough memory now. */
  void onThrown(Throwable thrown) {
    try {
      stop(thrown);
    } catch (Throwable _) {
      loops.ifPresent(
          all -> all.group().schedule(() -> onThrown(thrown), AGAIN_MS, TimeUnit.MILLISECONDS));
    }
  }

  /** Stops the node, or throws if that is not possible now. */
  void stop(Throwable thrown) {
    failed = true;
    failure.stop(
        thrown instanceof WeftException e
            ? e
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN,
                "message handler or listener failed: " + thrown,
                thrown));
  }

  /** A member refuses this node, which therefore cannot start. */
  void refused(Member by, WeftException reason) {
    failed = true;
    failure.stop(
        new WeftException(reason.code(), by + " refuses this node: " + reason.getMessage()));
  }
}
