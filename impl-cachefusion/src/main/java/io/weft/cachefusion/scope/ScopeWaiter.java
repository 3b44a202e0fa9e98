// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.RunState;
import io.weft.cachefusion.protocol.LeaseRequest;
import io.weft.cachefusion.shard.Shard;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import io.weft.spi.session.LamportClock;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Waits for the thread of a scope: for a block, durable redo, or a reserved system change number.
 * Each wait ends at a time-out, or when the node stops. Used by one thread at a time.
 */
final class ScopeWaiter {
  private final NodeRuntime runtime;
  private final RunState run;
  private final RedoLog redo;
  private final LamportClock clock;
  private final Waiter waiter;
  private final Runnable wake;
  private long timeoutNs;

  ScopeWaiter(ScopeContext context) {
    this.runtime = context.node().runtime();
    this.run = context.node().run();
    this.redo = context.redo();
    this.clock = context.clock();
    this.waiter = runtime.newWaiter();
    this.wake = waiter::signal;
    this.timeoutNs = context.leaseTimeoutNs();
  }

  /** Sets the limit of each wait. */
  void timeout(Duration timeout) {
    timeoutNs = timeout.toNanos();
  }

  /** Sets the limit of each wait in nanoseconds, which may be 0; the limit before. */
  long limit(long nanos) {
    long before = timeoutNs;
    timeoutNs = nanos;
    return before;
  }

  /**
   * Waits until the block's frame is pinned.
   *
   * @param scope the scope that waits
   * @return the frame
   */
  int awaitBlock(BlockId block, Access access, LeaseScope scope, Shard shard) {
    LeaseRequest request =
        new LeaseRequest(block, access, scope.heldIn(null), scope.heldIn(shard), wake);
    waiter.reset();
    shard.acquire(request);
    if (!request.isSettled() && !awaitSettled(request, scope, shard) && request.abandon()) {
      shard.abandoned(request);
      if (Thread.currentThread().isInterrupted()) {
        throw new WeftException(
            CoreErrors.INTERRUPTED, "interrupted while waiting for block " + block);
      }
      throw new WeftException(
          CoreErrors.LEASE_TIMEOUT,
          "block "
              + block
              + " did not arrive within "
              + Duration.ofNanos(timeoutNs)
              + "; another caller, on this node or another one, may hold a lease on it for too"
              + " long, or the scope's time-out is too short");
    }
    return switch (request.outcome()) {
      case LeaseRequest.Granted granted -> granted.frame();
      case LeaseRequest.Failed failed -> throw copyOf(failed.reason());
      case LeaseRequest.Abandoned _ -> throw new IllegalStateException("settled twice");
    };
  }

  private boolean awaitSettled(LeaseRequest request, LeaseScope scope, Shard shard) {
    Runnable ended = scope.waitsFor(request, shard);
    try {
      return awaitUntil(request::isSettled);
    } finally {
      ended.run();
    }
  }

  /** A copy of the error with the stack of the waiting caller. */
  static WeftException copyOf(WeftException reason) {
    return new WeftException(reason.code(), reason.getMessage(), reason);
  }

  /** Waits for a condition whose change is signalled; false after the time-out or an interrupt. */
  private boolean awaitUntil(BooleanSupplier condition) {
    long deadline = runtime.nanoTime() + timeoutNs;
    while (!condition.getAsBoolean()) {
      long left = deadline - runtime.nanoTime();
      try {
        if (left <= 0 || !waiter.await(left)) {
          return condition.getAsBoolean();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return condition.getAsBoolean();
      }
      waiter.reset(); // the signal may belong to an earlier wait
    }
    return true;
  }

  /** Waits until this node's redo is durable up to {@code lsn}. */
  void awaitDurable(long lsn) {
    if (redo.durableLsn() >= lsn || redo.flush(lsn)) {
      return;
    }
    Consumer<WeftException> onStop = _ -> waiter.signal();
    waiter.reset();
    run.onStop(onStop);
    redo.whenDurable(lsn, wake);
    boolean settled = awaitUntil(() -> redo.durableLsn() >= lsn || run.isStopped());
    run.forgetListener(onStop);
    if (redo.durableLsn() >= lsn) {
      return;
    }
    redo.forget(lsn, wake);
    run.checkRunning();
    assert !settled;
    boolean interrupted = Thread.currentThread().isInterrupted();
    throw new WeftException(
        interrupted ? CoreErrors.INTERRUPTED : CoreErrors.LEASE_TIMEOUT,
        interrupted
            ? "interrupted while waiting for redo up to LSN " + lsn + " to become durable"
            : "redo up to LSN "
                + lsn
                + " did not become durable within "
                + Duration.ofNanos(timeoutNs));
  }

  /**
   * The system change number of a commit that is made now. Nothing has been logged when this
   * throws, so the change can be aborted and repeated.
   *
   * @param mayWait whether the caller waits if the number is not reserved yet
   */
  long commitScn(boolean mayWait) {
    long scn = clock.current();
    if (!clock.isReserved(scn)) {
      awaitReservation(scn, mayWait);
    }
    return scn;
  }

  private void awaitReservation(long scn, boolean mayWait) {
    Consumer<WeftException> onStop = _ -> waiter.signal();
    waiter.reset();
    run.onStop(onStop);
    clock.awaitReservation(wake);
    if (mayWait) {
      awaitUntil(() -> clock.isReserved(scn) || run.isStopped());
    }
    clock.forget(wake);
    run.forgetListener(onStop);
    run.checkMembershipLease(); // the wait may have outlasted the lease
    if (clock.isReserved(scn)) {
      return;
    }
    if (mayWait && Thread.currentThread().isInterrupted()) {
      throw new WeftException(
          CoreErrors.INTERRUPTED,
          "interrupted while waiting for a system change number; the change is aborted");
    }
    throw new WeftException(
        MembershipErrors.REGISTRY_UNAVAILABLE,
        "SCN "
            + scn
            + " is not reserved in the registry yet"
            + (mayWait ? ", after " + Duration.ofNanos(timeoutNs) : "")
            + "; the change is aborted, and may be repeated: the node reserves more in the"
            + " background, unless its registry does not answer");
  }
}
