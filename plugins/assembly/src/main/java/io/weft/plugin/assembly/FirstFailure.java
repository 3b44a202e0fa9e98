// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The node's fatal error, if it has one. Thread-safe. */
final class FirstFailure implements NodeFailure {
  private final CompletableFuture<WeftException> first = new CompletableFuture<>();

  @Override
  public void stop(WeftException reason) {
    if (reason.code().equals(CoreErrors.NODE_STOPPED)) {
      return; // rule NF-4
    }
    if (!first.complete(reason) && first.join() != reason) {
      first.join().addSuppressed(reason);
    }
  }

  /**
   * Runs an action with the first reason, on the thread that reports it, before {@link #stop}
   * returns; at once if a reason has been reported.
   */
  void onFirst(Consumer<WeftException> action) {
    first.thenAccept(action);
  }

  /** Completes with the first reason. */
  CompletableFuture<WeftException> first() {
    return first;
  }
}
