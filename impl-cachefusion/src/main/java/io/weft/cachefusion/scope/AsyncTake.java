// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.protocol.LeaseRequest;
import io.weft.cachefusion.shard.Shard;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One asynchronous taking of a block. Completes on the thread that finds the block there; its
 * caller may end it before, in any way that a future can be ended, or close the scope. Whichever
 * comes first decides who has the pin:
 *
 * <pre>
 *   WAITING --granted--> PINNED --durable--> TAKEN     the lease is the caller's
 *      |                    |
 *      +-----given up-------+---------------> GIVEN_UP  the pin goes back, at once or when it comes
 * </pre>
 */
final class AsyncTake<L> extends CompletableFuture<L> {
  private final LeaseScope scope;
  private final ScopeContext context;
  private final Lease lease;
  private final int file;
  private final long number;
  private final Access access;
  private final AtomicReference<Progress> progress = new AtomicReference<>(Progress.WAITING);
  private LeaseRequest request;

  /**
   * Not begun yet.
   *
   * @param lease handle of the scope, reserved for this taking
   */
  AsyncTake(LeaseScope scope, Lease lease, int file, long number, Access access) {
    this.scope = scope;
    this.context = scope.context;
    this.lease = lease;
    this.file = file;
    this.number = number;
    this.access = access;
  }

  Lease lease() {
    return lease;
  }

  /** As messages name the block. */
  String blockName() {
    return file + ":" + number;
  }

  /** The frame cannot be pinned at once: asks the block's shard for it. */
  void request() {
    BlockId block = new BlockId(file, number);
    Shard shard = context.shards().of(file, number);
    request =
        new LeaseRequest(block, access, scope.heldIn(null), scope.heldIn(shard), this::onSettled);
    giveUpWithTheCaller();
    shard.acquire(request);
  }

  /** The caller can end the stage as any future: by cancelling it, by a time-out. */
  private void giveUpWithTheCaller() {
    whenComplete((_, _) -> giveUp());
  }

  private void onSettled() {
    switch (request.outcome()) {
      case LeaseRequest.Granted granted -> pinned(granted.frame());
      case LeaseRequest.Failed failed -> end(failed.reason());
      case LeaseRequest.Abandoned _ -> throw new IllegalStateException("settled twice");
    }
  }

  /** The frame is pinned for the caller, who may have given up. */
  void pinned(int frame) {
    lease.open(0, file, number, access, frame);
    if (!progress.compareAndSet(Progress.WAITING, Progress.PINNED)) {
      scope.giveBack(lease); // too late: nobody knows this handle any more
      return;
    }
    long lsn = context.frames().redoLsn(frame);
    if (!scope.durableOnly || lsn <= context.redo().durableLsn()) {
      taken();
      return;
    }
    if (request == null) {
      giveUpWithTheCaller();
    }
    Consumer<WeftException> onStop = this::end;
    Runnable durable =
        () -> {
          context.node().run().forgetListener(onStop);
          taken();
        };
    context.node().run().onStop(onStop);
    context.redo().whenDurable(lsn, durable);
    whenComplete(
        (_, _) -> {
          if (progress.get() != Progress.TAKEN) {
            context.node().run().forgetListener(onStop);
            context.redo().forget(lsn, durable);
          }
        });
  }

  @SuppressWarnings("unchecked") // L is SharedLease or ExclusiveLease, a Lease is both
  private void taken() {
    if (progress.compareAndSet(Progress.PINNED, Progress.TAKEN)) {
      complete((L) lease);
    }
  }

  /** The block cannot be had. */
  private void end(WeftException reason) {
    giveUp();
    completeExceptionally(reason);
  }

  /** The scope is closed: whoever waits for the stage learns it. */
  void scopeCloses() {
    if (isDone()) {
      return;
    }
    completeExceptionally(
        new WeftException(
            CoreErrors.ILLEGAL_USE,
            "the scope was closed while block " + blockName() + " was being taken"));
  }

  /**
   * Gives back what is there, and has what comes later given back; any thread.
   *
   * @return whether it is too late, since the lease is the caller's
   */
  boolean giveUp() {
    Progress before = progress.getAndUpdate(p -> p == Progress.TAKEN ? p : Progress.GIVEN_UP);
    if (before == Progress.PINNED) {
      scope.giveBack(lease);
    } else if (before == Progress.WAITING && request != null && request.abandon()) {
      context.shards().of(file, number).abandoned(request);
    }
    return before == Progress.TAKEN;
  }

  /** Of an asynchronous taking. */
  private enum Progress {
    WAITING,
    PINNED,
    TAKEN,
    GIVEN_UP
  }
}
