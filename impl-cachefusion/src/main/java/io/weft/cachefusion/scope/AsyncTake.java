// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.protocol.LeaseRequest;
import io.weft.cachefusion.shard.Shard;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One asynchronous request for a block lease. Completes on the thread that finds the block
 * available. The caller may end it earlier, by cancelling the future, by a time-out, or by closing
 * the scope. The first of these events decides who owns the pin:
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
  private final Function<Lease, L> result;
  private LeaseRequest request;

  /** Whether the shard has the request, so that giving up has to tell it. */
  private volatile boolean submitted;

  /**
   * Creates a request that has not started.
   *
   * @param lease handle of the scope, reserved for this request
   * @param result makes the value of the stage of the lease
   */
  AsyncTake(
      LeaseScope scope,
      Lease lease,
      int file,
      long number,
      Access access,
      Function<Lease, L> result) {
    this.scope = scope;
    this.context = scope.context;
    this.lease = lease;
    this.file = file;
    this.number = number;
    this.access = access;
    this.result = result;
  }

  /** The lease as the value of the stage. */
  @SuppressWarnings("unchecked") // L is SharedLease or ExclusiveLease, a Lease is both
  static <L> L alone(Lease lease) {
    return (L) lease;
  }

  Lease lease() {
    return lease;
  }

  /** The block's name in messages. */
  String blockName() {
    return file + ":" + number;
  }

  /** The frame cannot be pinned at once: asks the block's shard. */
  void request() {
    giveUpWithTheCaller();
    submit(scope.heldIn(null), scope.heldIn(context.shards().of(file, number)));
  }

  /**
   * Begins later than the call, on any thread. The scope has not changed since.
   *
   * @param held leases that the scope holds
   * @param heldInShard how many of them are of the block's shard
   */
  void start(int held, int heldInShard) {
    int frame =
        access == Access.EXCLUSIVE
            ? context.frames().pinExclusive(file, number)
            : context.frames().pinShared(file, number);
    if (frame == FramePool.NONE) {
      submit(held, heldInShard);
    } else {
      scope.countHit(frame);
      pinned(frame);
    }
  }

  private void submit(int held, int heldInShard) {
    Shard shard = context.shards().of(file, number);
    LeaseRequest asked =
        new LeaseRequest(new BlockId(file, number), access, held, heldInShard, this::onSettled);
    request = asked;
    shard.acquire(asked);
    if (!asked.isSettled()) {
      Runnable ended = scope.waitsFor(asked, shard);
      whenComplete((_, _) -> ended.run());
    }
    submitted = true;
    if (progress.get() == Progress.GIVEN_UP && asked.abandon()) {
      shard.abandoned(asked);
    }
  }

  /** Gives up if the caller ends the future, by cancelling it or by a time-out. */
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
      scope.giveBack(lease); // too late: the handle has been replaced
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

  private void taken() {
    if (progress.compareAndSet(Progress.PINNED, Progress.TAKEN)) {
      complete(result.apply(lease));
    }
  }

  /** The block cannot be provided. */
  void end(WeftException reason) {
    giveUp();
    completeExceptionally(reason);
  }

  /** The scope is closed: completes the stage exceptionally. */
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
   * Returns a pin that has been granted, or one that is granted later. Any thread.
   *
   * @return whether it is too late, because the lease belongs to the caller
   */
  boolean giveUp() {
    Progress before = progress.getAndUpdate(p -> p == Progress.TAKEN ? p : Progress.GIVEN_UP);
    if (before == Progress.PINNED) {
      scope.giveBack(lease);
    } else if (before == Progress.WAITING && submitted && request.abandon()) {
      context.shards().of(file, number).abandoned(request);
    }
    return before == Progress.TAKEN;
  }

  /** States, as drawn above. */
  private enum Progress {
    WAITING,
    PINNED,
    TAKEN,
    GIVEN_UP
  }
}
