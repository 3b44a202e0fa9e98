// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import java.util.Optional;

/**
 * Stops the node when the transport cannot continue: a handler or listener has thrown, or a member
 * refuses this node. Thread-safe.
 */
public final class NodeStop {
  /** Pause before a stop that failed for lack of memory is tried again: 50 ms. */
  private static final long AGAIN_MS = 50;

  private final NodeFailure failure;
  private volatile boolean failed;
  private volatile Optional<Later> later = Optional.empty();

  /** Runs tasks later. */
  @FunctionalInterface
  public interface Later {
    /** Runs a task on some thread after a delay in milliseconds. */
    void in(long delayMs, Runnable task);
  }

  /** Stops the node through {@code failure}. */
  public NodeStop(NodeFailure failure) {
    this.failure = failure;
  }

  /** Sets what tries a failed stop again. */
  public void tryAgainWith(Later started) {
    later = Optional.of(started);
  }

  /** Whether the node has to stop, so that no message is delivered any more. */
  public boolean isFailed() {
    return failed;
  }

  /** Runs a task on this thread; stops the node if it throws. */
  public void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      onThrown(e);
    }
  }

  /** Stops the node for an exception, later if there is not enough memory now. */
  public void onThrown(Throwable thrown) {
    try {
      stop(thrown);
    } catch (Throwable _) {
      later.ifPresent(timer -> timer.in(AGAIN_MS, () -> onThrown(thrown)));
    }
  }

  /** Stops the node, or throws if that is not possible now. */
  public void stop(Throwable thrown) {
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
  public void refused(Member by, WeftException reason) {
    failed = true;
    failure.stop(
        new WeftException(reason.code(), by + " refuses this node: " + reason.getMessage()));
  }
}
