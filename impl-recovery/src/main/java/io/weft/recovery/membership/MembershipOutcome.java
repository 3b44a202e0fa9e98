// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.CoreErrors;
import io.weft.api.View;
import io.weft.api.WeftException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What the node learns of its membership: that it has joined, that it has left, or why it must
 * stop. Thread-safe.
 */
final class MembershipOutcome {
  private final OwnNode node;
  private final MembershipLog log;
  private final CompletableFuture<View> joined = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  MembershipOutcome(OwnNode node, MembershipLog log) {
    this.node = node;
    this.log = log;
  }

  /** Completes when this node serves, exceptionally if it has to stop before. */
  CompletionStage<View> joined() {
    return joined.minimalCompletionStage();
  }

  /** Completes when this node has left as planned. */
  CompletionStage<Void> left() {
    return left.minimalCompletionStage();
  }

  /** Whether {@link #joined} is complete, normally or exceptionally. */
  boolean isJoinOver() {
    return joined.isDone();
  }

  /** This node is a member of {@code view} and serves. */
  void join(View view) {
    joined.complete(view);
  }

  /** This node has left as planned. */
  void leave() {
    left.complete(null);
  }

  /** Ends the lease at once, and stops the node. */
  void stop(WeftException reason) {
    node.views().revokeLease();
    if (reason.code().equals(CoreErrors.NODE_STOPPED)) {
      return; // rule NF-4: the agreement finds out why the lease is over
    }
    joined.completeExceptionally(reason);
    left.completeExceptionally(reason);
    node.failure().stop(reason);
  }

  /** Stops the node because {@code what} threw an exception: with that one if it says why. */
  void stop(String what, Throwable thrown) {
    stop(
        thrown instanceof WeftException known
            ? known
            : new WeftException(CoreErrors.INVARIANT_BROKEN, log.line(what + thrown), thrown));
  }

  /** An event, or a task of the membership, has thrown an exception. */
  void onThrown(Throwable thrown) {
    stop("an event of its membership threw ", thrown);
  }
}
