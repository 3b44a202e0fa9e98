// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.CoreErrors;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockValue;
import io.weft.api.Scope;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An owner of global locks at this node: how it asks for them, and how it waits. What it holds is
 * in {@link OwnedLocks}.
 *
 * <p>Each way to ask for a lock is there three times: blocking, without waiting for owners, and
 * without blocking. A lock that the node has kept is taken at once ({@link TakeAtOnce}); otherwise
 * a {@link LockRequest} is made.
 */
public final class Owner implements LockOwner {
  /** A longer time-out counts as this one, so that times do not overflow. */
  private static final Duration LONGEST = Duration.ofDays(3_650);

  private final GlobalLocks locks;
  private final long number;
  private final String label;
  private final OwnedLocks owned;
  private final AttachedScopes scopes = new AttachedScopes();

  Owner(GlobalLocks locks, long number, String label) {
    this.locks = locks;
    this.number = number;
    this.label = label;
    this.owned = new OwnedLocks(this, locks, number);
  }

  // ---- taking --------------------------------------------------------------------------------

  @Override
  public void acquire(LockName name, LockMode mode) {
    acquire(name, mode, locks.timeout());
  }

  @Override
  public void acquire(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    take(owned.begin(name, mode), nanos);
  }

  private void take(Hold hold, long nanos) {
    if (isTakenAtOnce(hold)) {
      check(owned.took(hold));
    } else {
      finish(owned.request(hold, false, null), nanos);
    }
  }

  /** Whether the lock could be had without waiting. Without the monitor. */
  private static boolean isTakenAtOnce(Hold hold) {
    hold.shard.submit(hold.atOnce);
    return hold.atOnce.isGranted();
  }

  /** Submits a request and waits for its grant. */
  private void finish(LockRequest request, long nanos) {
    request.hold.shard.submit(request);
    await(request, nanos);
    check(owned.settle(request));
  }

  private static void check(WeftException error) {
    if (error != null) {
      throw error;
    }
  }

  @Override
  public boolean tryAcquire(LockName name, LockMode mode) {
    Hold hold = owned.begin(name, mode);
    if (isTakenAtOnce(hold)) {
      check(owned.took(hold));
      return true;
    }
    return tried(owned.request(hold, true, null));
  }

  @Override
  public CompletionStage<Void> acquireAsync(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    CompletableFuture<Void> future = new CompletableFuture<>();
    takeAsync(owned.begin(name, mode), nanos, future, _ -> null);
    return future;
  }

  /** Completes the stage with {@code granted} of the hold when the lock is held. */
  private <T> void takeAsync(
      Hold hold, long nanos, CompletableFuture<T> future, Function<Hold, T> granted) {
    LockName name = hold.name;
    LockMode mode = hold.atOnce.mode();
    T result = granted.apply(hold);
    if (isTakenAtOnce(hold)) {
      completeAtOnce(hold, future, result);
      return;
    }
    LockRequest request = owned.request(hold, false, done -> complete(done, future, result));
    submit(request, nanos, future, () -> future.completeExceptionally(late(name, mode, nanos)));
  }

  private WeftException late(LockName name, LockMode mode, long nanos) {
    return OwnerErrors.timedOut(this, name, mode, nanos);
  }

  @Override
  public CompletionStage<Boolean> tryAcquireAsync(LockName name, LockMode mode) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    Hold hold = owned.begin(name, mode);
    if (isTakenAtOnce(hold)) {
      completeAtOnce(hold, future, true);
      return future;
    }
    LockRequest request = owned.request(hold, true, done -> completeTry(done, future));
    submit(request, nanosOf(locks.timeout()), future, () -> future.complete(false));
    return future;
  }

  // ---- converting ----------------------------------------------------------------------------

  @Override
  public void convert(LockName name, LockMode mode) {
    convert(name, mode, locks.timeout());
  }

  @Override
  public void convert(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    LockRequest request = owned.convert(name, mode, false, null);
    if (request != null) {
      finish(request, nanos);
    }
  }

  @Override
  public boolean tryConvert(LockName name, LockMode mode) {
    LockRequest request = owned.convert(name, mode, true, null);
    return request == null || tried(request);
  }

  @Override
  public CompletionStage<Void> convertAsync(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    CompletableFuture<Void> future = new CompletableFuture<>();
    LockRequest request = owned.convert(name, mode, false, done -> complete(done, future, null));
    if (request == null) {
      future.complete(null);
    } else {
      submit(request, nanos, future, () -> future.completeExceptionally(late(name, mode, nanos)));
    }
    return future;
  }

  @Override
  public void convertDown(LockName name, LockMode mode, byte[] value) {
    owned.convertDown(name, mode, LockValue.of(value));
  }

  // ---- taking together with a block ----------------------------------------------------------

  /** Takes a lock, converts it up if it is held, or leaves it as it is if its mode is enough. */
  public TakenLock take(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    Hold hold = owned.beginUnlessHeld(name, mode);
    if (hold != null) {
      TakenLock taken = new TakenLock(this, hold, Optional.empty());
      take(hold, nanos);
      return taken;
    }
    LockRequest request = owned.convertUp(name, mode, null);
    if (request == null) {
      return found(name);
    }
    TakenLock taken = new TakenLock(this, request.hold, request.from());
    finish(request, nanos);
    return taken;
  }

  /** Takes a lock as {@link #take} without blocking the caller; see {@link #acquireAsync}. */
  public CompletableFuture<TakenLock> takeAsync(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    CompletableFuture<TakenLock> future = new CompletableFuture<>();
    Hold hold = owned.beginUnlessHeld(name, mode);
    if (hold != null) {
      takeAsync(hold, nanos, future, each -> new TakenLock(this, each, Optional.empty()));
      return future;
    }
    LockRequest request =
        owned.convertUp(
            name,
            mode,
            done -> complete(done, future, new TakenLock(this, done.hold, done.from())));
    if (request == null) {
      future.complete(found(name));
    } else {
      submit(request, nanos, future, () -> future.completeExceptionally(late(name, mode, nanos)));
    }
    return future;
  }

  private TakenLock found(LockName name) {
    locks.node().run().checkMembershipLease();
    return owned.found(name);
  }

  /** Throws if a conversion of the lock waits, so that it cannot be given back. */
  void checkNotConverting(TakenLock taken) {
    owned.checkNotConverting(taken);
  }

  /** Brings a lock back to what it was before it was taken, unless the owner has done more. */
  void giveBack(TakenLock taken) {
    owned.giveBack(taken);
  }

  /** Whether this is an owner of that node. */
  public boolean isOf(NodeServices node) {
    return locks.node() == node;
  }

  // ---- scopes that work for this owner -------------------------------------------------------

  @Override
  public void attach(Scope scope) {
    if (!(scope instanceof AttachedScope own)) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE, "the scope does not belong to the node of " + this);
    }
    own.worksFor(this);
  }

  /** A scope of the same node works for this owner from now on. */
  public void add(AttachedScope scope) {
    synchronized (owned) { // so that a scope is not attached after the owner's end
      owned.checkOpen();
      scopes.add(scope);
    }
  }

  /** The scope works for another owner now. */
  public void remove(AttachedScope scope) {
    scopes.remove(scope);
  }

  /**
   * A scope of this owner waits for a block.
   *
   * @param end ends the wait with an error, unless it has ended
   * @return what to call when the wait has ended
   */
  public Runnable waitsFor(HeldLease wanted, Consumer<WeftException> end) {
    return locks.leaseWaits().begin(number, Optional.of(wanted), scopes.leases(), end);
  }

  /** This owner waits for a lock; returns what to call when the wait has ended. */
  private Runnable waitsForLock() {
    List<HeldLease> held = scopes.leases();
    return held.isEmpty()
        ? () -> {}
        : locks.leaseWaits().begin(number, Optional.empty(), held, _ -> {});
  }

  // ---- waiting -------------------------------------------------------------------------------

  /** Waits for the end of a request; gives it up after the time-out. */
  private void await(LockRequest request, long timeout) {
    if (!request.isPending()) {
      return;
    }
    Runnable ended = waitsForLock();
    try {
      awaitEnd(request, timeout);
    } finally {
      ended.run();
    }
  }

  private void awaitEnd(LockRequest request, long timeout) {
    LockName name = request.hold.name; // the hold may be reused after the end
    NodeRuntime runtime = locks.node().runtime();
    Waiter waiter = runtime.newWaiter();
    waiter.reset();
    request.signalTo(waiter);
    boolean interrupted = false;
    long deadline = runtime.nanoTime() + timeout;
    while (request.isPending() && !interrupted) {
      long left = deadline - runtime.nanoTime();
      try {
        if (left <= 0 || !waiter.await(left)) {
          break;
        }
        waiter.reset();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        interrupted = true;
      }
    }
    if (owned.giveUp(request)) {
      throw interrupted
          ? new WeftException(
              CoreErrors.INTERRUPTED, this + ": interrupted while waiting for lock " + name)
          : OwnerErrors.timedOut(this, name, request.target(), timeout);
    }
  }

  /** A time-out in nanoseconds; not negative. */
  public static long nanosOf(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return (timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST).toNanos();
  }

  private boolean tried(LockRequest request) {
    request.hold.shard.submit(request);
    try {
      await(request, nanosOf(locks.timeout()));
    } catch (WeftException e) {
      if (e.code() == LockErrors.LOCK_TIMEOUT) {
        return false;
      }
      throw e;
    }
    if (request.state() == LockRequest.State.REFUSED) {
      owned.forget(request);
      return false;
    }
    check(owned.settle(request));
    return true;
  }

  // ---- without blocking ----------------------------------------------------------------------

  private void submit(
      LockRequest request, long timeout, CompletableFuture<?> future, Runnable late) {
    request.hold.shard.submit(request);
    if (future.isDone()) {
      return;
    }
    Runnable ended = waitsForLock();
    NodeRuntime.Cancellable timer =
        locks
            .node()
            .runtime()
            .schedule(
                Math.max(1, timeout),
                () -> {
                  if (owned.giveUp(request)) {
                    late.run();
                  }
                });
    future.whenComplete(
        (_, _) -> {
          ended.run();
          timer.cancel();
          owned.giveUp(request); // the caller has completed the stage itself
        });
  }

  /** The lock was had at once: the stage, which nobody else knows yet, completes with it. */
  private <T> void completeAtOnce(Hold hold, CompletableFuture<T> future, T granted) {
    WeftException error = owned.took(hold);
    if (error != null) {
      future.completeExceptionally(error);
    } else {
      future.complete(granted);
    }
  }

  /**
   * Takes the outcome of a request over: the stage completes with {@code granted} if it is held.
   */
  private <T> void complete(LockRequest request, CompletableFuture<T> future, T granted) {
    WeftException error = owned.settle(request);
    if (error != null) {
      future.completeExceptionally(error);
    } else if (!future.complete(granted)) {
      owned.giveBackUnwanted(request); // the caller has completed the stage itself
    }
  }

  private void completeTry(LockRequest request, CompletableFuture<Boolean> future) {
    if (request.state() == LockRequest.State.REFUSED) {
      owned.forget(request);
      future.complete(false);
    } else {
      complete(request, future, true);
    }
  }

  // ---- releasing -----------------------------------------------------------------------------

  @Override
  public void release(LockName name) {
    owned.release(name, Optional.empty());
    check();
  }

  @Override
  public void release(LockName name, byte[] value) {
    owned.release(name, Optional.of(LockValue.of(value)));
    check();
  }

  @Override
  public void close() {
    owned.close();
    scopes.clear(); // none is added to a closed owner
  }

  // ---- questions -----------------------------------------------------------------------------

  @Override
  public LockMode mode(LockName name) {
    LockMode mode = owned.mode(name);
    check();
    return mode;
  }

  @Override
  public LockValue value(LockName name) {
    LockValue value = owned.value(name);
    check();
    return value;
  }

  @Override
  public void check() {
    locks.checkNotEnded();
    locks.node().run().checkMembershipLease();
  }

  @Override
  public String toString() {
    return "owner "
        + number
        + " of n"
        + locks.node().self()
        + (label.isEmpty() ? "" : " (" + label + ")");
  }
}
