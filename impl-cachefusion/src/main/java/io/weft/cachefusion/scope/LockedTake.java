// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.CoreErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockedBlock;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.cachefusion.lock.Owner;
import io.weft.cachefusion.lock.TakenLock;
import io.weft.spi.runtime.NodeRuntime;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One call that takes a global lock and then a block.
 *
 * <pre>
 *   lock --granted--> block --granted--> both are the caller's
 *     |                 |
 *     +--failed         +--failed, or the caller gives up--> the lock goes back
 * </pre>
 */
final class LockedTake {
  private final LeaseScope scope;
  private final Owner owner;
  private final LockName name;
  private final LockMode mode;
  private final Duration timeout;
  private final NodeRuntime runtime;
  private final long since;

  LockedTake(LeaseScope scope, LockOwner owner, LockName name, LockMode mode, Duration timeout) {
    Objects.requireNonNull(owner, "the owner of the lock is null");
    this.scope = scope;
    this.owner = checked(owner);
    this.name = Objects.requireNonNull(name, "the name of the lock is null");
    this.mode = mode;
    this.timeout = timeout;
    this.runtime = scope.context.node().runtime();
    this.since = runtime.nanoTime();
  }

  private Owner checked(LockOwner any) {
    if (any instanceof Owner own && own.isOf(scope.context.node())) {
      return own;
    }
    throw new WeftException(
        CoreErrors.ILLEGAL_USE,
        any + " does not belong to the node of this scope; take locks for an owner of this node");
  }

  /** What is left of the time-out, in nanoseconds; not negative. */
  private long left() {
    return Math.max(0, Owner.nanosOf(timeout) - (runtime.nanoTime() - since));
  }

  // ---- blocking ------------------------------------------------------------------------------

  <L extends SharedLease> LockedBlock<L> take(int file, long number, Access access) {
    scope.checkMayTake(file, number);
    scope.worksFor(owner);
    TakenLock lock = owner.take(name, mode, timeout);
    boolean taken = false;
    try {
      Lease lease = scope.takeWithin(left(), file, number, access);
      taken = true;
      return new Both<>(scope, AsyncTake.alone(lease), lock);
    } finally {
      if (!taken) {
        lock.undo();
      }
    }
  }

  // ---- without blocking ----------------------------------------------------------------------

  <L extends SharedLease> CompletionStage<LockedBlock<L>> takeAsync(
      int file, long number, Access access) {
    scope.checkMayTake(file, number);
    scope.worksFor(owner);
    Lease handle = scope.freeHandle();
    int held = scope.heldIn(null);
    int heldInShard = scope.heldIn(scope.context.shards().of(file, number));
    CompletableFuture<TakenLock> lock = owner.takeAsync(name, mode, timeout);
    AsyncTake<LockedBlock<L>> take =
        new AsyncTake<>(
            scope,
            handle,
            file,
            number,
            access,
            lease -> new Both<>(scope, AsyncTake.alone(lease), lock.join()));
    scope.begin(take);
    take.whenComplete(
        (_, thrown) -> {
          take.giveUp();
          lock.cancel(false); // without effect if it has ended
          if (thrown != null && lock.state() == CompletableFuture.State.SUCCESS) {
            lock.join().undo();
          }
        });
    lock.whenComplete(
        (taken, thrown) -> {
          if (thrown instanceof WeftException refused) {
            take.end(refused);
          } else if (taken != null) {
            onLocked(take, held, heldInShard);
          }
        });
    return take;
  }

  private void onLocked(AsyncTake<?> take, int held, int heldInShard) {
    if (take.isDone()) {
      return; // its end gives the lock back
    }
    take.start(held, heldInShard);
    if (!take.isDone()) {
      NodeRuntime.Cancellable timer =
          runtime.schedule(Math.max(1, left()), () -> take.end(timedOut(take)));
      take.whenComplete((_, _) -> timer.cancel());
    }
  }

  private WeftException timedOut(AsyncTake<?> take) {
    return new WeftException(
        CoreErrors.LEASE_TIMEOUT,
        "block "
            + take.blockName()
            + " did not arrive within "
            + timeout
            + ", the wait for lock "
            + name
            + " included; another caller may hold a lease on it for too long, or the time-out is"
            + " too short");
  }

  // ---- both ----------------------------------------------------------------------------------

  /** The lock and the lease of a caller. */
  private static final class Both<L extends SharedLease> implements LockedBlock<L> {
    private final LeaseScope scope;
    private final L lease;
    private final int file;
    private final long number;
    private final TakenLock lock;
    private boolean isClosed;

    Both(LeaseScope scope, L lease, TakenLock lock) {
      this.scope = scope;
      this.lease = lease;
      this.file = lease.file();
      this.number = lease.number();
      this.lock = lock;
    }

    @Override
    public LockName name() {
      return lock.name();
    }

    @Override
    public L lease() {
      return lease;
    }

    @Override
    @SuppressWarnings("try") // the lock goes back at the end, also after an exception
    public void close() {
      if (isClosed) {
        return;
      }
      isClosed = true;
      try (TakenLock last = lock) {
        scope.end(file, number);
      }
    }

    @Override
    public String toString() {
      return "lock " + lock.name() + " and block " + file + ":" + number;
    }
  }
}
