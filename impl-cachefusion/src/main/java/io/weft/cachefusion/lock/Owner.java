// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.CoreErrors;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** An owner of global locks at this node. Its monitor guards its table; no wait holds it. */
final class Owner implements LockOwner {
  /** Most hold objects kept for reuse. */
  private static final int MOST_SPARE = 16;

  private final GlobalLocks locks;
  private final long number;
  private final String label;
  private final HoldTable holds = new HoldTable();
  private final List<Hold> spare = new ArrayList<>(2);
  private boolean closed;

  Owner(GlobalLocks locks, long number, String label) {
    this.locks = locks;
    this.number = number;
    this.label = label;
  }

  // ---- taking --------------------------------------------------------------------------------

  @Override
  public void acquire(LockName name, LockMode mode) {
    acquire(name, mode, locks.timeout());
  }

  @Override
  public void acquire(LockName name, LockMode mode, Duration timeout) {
    LockRequest request = begin(name, mode, false, null);
    request.hold.shard.submit(request);
    await(request, timeout);
    taken(request);
  }

  @Override
  public boolean tryAcquire(LockName name, LockMode mode) {
    LockRequest request = begin(name, mode, true, null);
    request.hold.shard.submit(request);
    return tried(request);
  }

  @Override
  public CompletionStage<Void> acquireAsync(LockName name, LockMode mode, Duration timeout) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    LockRequest request = begin(name, mode, false, done -> complete(done, future));
    return submit(request, timeout, future);
  }

  @Override
  public CompletionStage<Boolean> tryAcquireAsync(LockName name, LockMode mode) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    LockRequest request = begin(name, mode, true, done -> completeTry(done, future));
    return submit(request, locks.timeout(), future);
  }

  /** Begins to take a lock that this owner does not hold. */
  private LockRequest begin(
      LockName name, LockMode mode, boolean tryOnly, Consumer<LockRequest> onEnd) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    locks.node().run().checkOpen();
    LockShard shard = locks.shardOf(name);
    synchronized (this) {
      checkOpen();
      Hold hold = holds.get(name);
      if (hold != null) {
        throw new WeftException(
            LockErrors.LOCK_HELD,
            this
                + (hold.mode == null ? " waits for lock " : " holds lock ")
                + name
                + (hold.mode == null ? " already" : " in " + hold.mode + "; convert it"));
      }
      hold = spareHold();
      hold.begin(name, shard);
      holds.add(hold);
      hold.request.begin(Optional.empty(), mode, tryOnly, onEnd);
      return hold.request;
    }
  }

  private Hold spareHold() {
    for (int i = spare.size() - 1; i >= 0; i--) {
      if (spare.get(i).free) {
        return spare.remove(i);
      }
    }
    return new Hold(number, label);
  }

  // ---- converting ----------------------------------------------------------------------------

  @Override
  public void convert(LockName name, LockMode mode) {
    convert(name, mode, locks.timeout());
  }

  @Override
  public void convert(LockName name, LockMode mode, Duration timeout) {
    LockRequest request = beginConversion(name, mode, false, null);
    if (request != null) {
      request.hold.shard.submit(request);
      await(request, timeout);
      taken(request);
    }
  }

  @Override
  public boolean tryConvert(LockName name, LockMode mode) {
    LockRequest request = beginConversion(name, mode, true, null);
    if (request == null) {
      return true;
    }
    request.hold.shard.submit(request);
    return tried(request);
  }

  @Override
  public CompletionStage<Void> convertAsync(LockName name, LockMode mode, Duration timeout) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    LockRequest request = beginConversion(name, mode, false, done -> complete(done, future));
    if (request == null) {
      future.complete(null);
      return future;
    }
    return submit(request, timeout, future);
  }

  /** Converts down at once, or begins to convert up; null if nothing is left to wait for. */
  private LockRequest beginConversion(
      LockName name, LockMode mode, boolean tryOnly, Consumer<LockRequest> onEnd) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    locks.node().run().checkOpen();
    synchronized (this) {
      Hold hold = held(name);
      if (hold.mode.covers(mode)) {
        down(hold, mode, Optional.empty());
        return null;
      }
      if (!mode.covers(hold.mode)) {
        throw noConversion(name, hold.mode, mode, "convert to PW first, or release it");
      }
      if (hold.request.isLeft()) {
        hold.request = new LockRequest(hold);
      }
      hold.request.begin(Optional.of(hold.mode), mode, tryOnly, onEnd);
      return hold.request;
    }
  }

  @Override
  public void convertDown(LockName name, LockMode mode, byte[] value) {
    LockValue written = LockValue.of(value);
    synchronized (this) {
      Hold hold = held(name);
      checkMayWrite(hold);
      if (!hold.mode.covers(mode)) {
        throw noConversion(name, hold.mode, mode, "a value is written by a conversion down");
      }
      down(hold, mode, Optional.of(written));
    }
  }

  private static void down(Hold hold, LockMode mode, Optional<LockValue> written) {
    if (hold.mode != mode || written.isPresent()) {
      hold.mode = mode;
      written.ifPresent(value -> hold.value = value);
      hold.shard.convertDown(hold, mode, written);
    }
  }

  private static WeftException noConversion(
      LockName name, LockMode from, LockMode to, String remedy) {
    return new WeftException(
        LockErrors.BAD_CONVERSION,
        "lock "
            + name
            + " is held in "
            + from
            + " and cannot be converted to "
            + to
            + ": "
            + remedy);
  }

  // ---- waiting -------------------------------------------------------------------------------

  /** Waits for the end of a request; gives it up after the time-out. */
  private void await(LockRequest request, Duration timeout) {
    if (!request.isPending()) {
      return;
    }
    NodeRuntime runtime = locks.node().runtime();
    Waiter waiter = runtime.newWaiter();
    waiter.reset();
    request.signalTo(waiter);
    boolean interrupted = false;
    long deadline = runtime.nanoTime() + Math.max(0, timeout.toNanos());
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
    if (giveUp(request)) {
      throw interrupted
          ? new WeftException(
              CoreErrors.INTERRUPTED,
              this + ": interrupted while waiting for lock " + request.hold.name)
          : timedOut(request, timeout);
    }
  }

  private WeftException timedOut(LockRequest request, Duration timeout) {
    return new WeftException(
        LockErrors.LOCK_TIMEOUT,
        "lock "
            + request.hold.name
            + " was not granted to "
            + this
            + " in "
            + request.target()
            + " within "
            + timeout
            + "; other owners hold it, or wait for it, in modes that exclude this one");
  }

  /** Ends a request that waits; false if it has ended already. */
  private boolean giveUp(LockRequest request) {
    if (!request.leave()) {
      return false;
    }
    locks.counters().timeouts.increment();
    forgetUnlessHeld(request.hold);
    request.hold.shard.left(request);
    return true;
  }

  /** The outcome of a request that has ended, for a caller that waited. */
  private void taken(LockRequest request) {
    WeftException error = settle(request);
    if (error != null) {
      throw error;
    }
  }

  private boolean tried(LockRequest request) {
    try {
      await(request, locks.timeout());
    } catch (WeftException e) {
      if (e.code() == LockErrors.LOCK_TIMEOUT) {
        return false;
      }
      throw e;
    }
    if (request.state() == LockRequest.State.REFUSED) {
      forgetUnlessHeld(request.hold);
      return false;
    }
    taken(request);
    return true;
  }

  /** Takes the outcome over into the owner's table; the error, or null if the lock is held. */
  private WeftException settle(LockRequest request) {
    Hold hold = request.hold;
    if (request.state() != LockRequest.State.GRANTED) {
      forgetUnlessHeld(hold);
      WeftException reason = request.error();
      return new WeftException(reason.code(), reason.getMessage(), reason);
    }
    synchronized (this) {
      hold.value = request.value();
      hold.mode = request.target();
      if (closed) {
        giveBack(hold);
        return ownerClosed();
      }
    }
    try {
      locks.node().run().checkMembershipLease();
    } catch (WeftException e) {
      undo(request);
      return e;
    }
    return null;
  }

  /** The caller does not want or must not trust what was granted: it goes back. */
  private synchronized void undo(LockRequest request) {
    Hold hold = request.hold;
    if (holds.get(hold.name) != hold) {
      return;
    }
    if (request.from().isEmpty()) {
      giveBack(hold);
    } else {
      down(hold, request.from().get(), Optional.empty());
    }
  }

  private synchronized void forgetUnlessHeld(Hold hold) {
    if (hold.mode == null) {
      holds.remove(hold);
      keepSpare(hold);
    }
  }

  // ---- without blocking ----------------------------------------------------------------------

  private <T> CompletionStage<T> submit(
      LockRequest request, Duration timeout, CompletableFuture<T> future) {
    request.hold.shard.submit(request);
    if (!future.isDone()) {
      NodeRuntime.Cancellable timer =
          locks
              .node()
              .runtime()
              .schedule(
                  Math.max(1, timeout.toNanos()),
                  () -> {
                    if (giveUp(request)) {
                      future.completeExceptionally(timedOut(request, timeout));
                    }
                  });
      future.whenComplete(
          (_, _) -> {
            timer.cancel();
            giveUp(request); // the caller has completed the stage itself
          });
    }
    return future;
  }

  private void complete(LockRequest request, CompletableFuture<Void> future) {
    WeftException error = settle(request);
    if (error != null) {
      future.completeExceptionally(error);
    } else if (!future.complete(null)) {
      undo(request); // the caller has completed the stage itself
    }
  }

  private void completeTry(LockRequest request, CompletableFuture<Boolean> future) {
    if (request.state() == LockRequest.State.REFUSED) {
      forgetUnlessHeld(request.hold);
      future.complete(false);
      return;
    }
    WeftException error = settle(request);
    if (error != null) {
      future.completeExceptionally(error);
    } else if (!future.complete(true)) {
      undo(request);
    }
  }

  // ---- releasing -----------------------------------------------------------------------------

  @Override
  public void release(LockName name) {
    synchronized (this) {
      giveBack(held(name));
    }
    check();
  }

  @Override
  public void release(LockName name, byte[] value) {
    LockValue written = LockValue.of(value);
    synchronized (this) {
      Hold hold = held(name);
      checkMayWrite(hold);
      hold.written = Optional.of(written);
      giveBack(hold);
    }
    check();
  }

  /** Releases a lock and forgets it. Holding the monitor. */
  private void giveBack(Hold hold) {
    holds.remove(hold);
    hold.shard.release(hold);
    keepSpare(hold);
  }

  private void keepSpare(Hold hold) {
    if (spare.size() < MOST_SPARE) {
      spare.add(hold);
    }
  }

  private void checkMayWrite(Hold hold) {
    if (!hold.mode.mayWriteValue()) {
      throw new WeftException(
          LockErrors.BAD_LOCK_VALUE,
          this
              + " holds lock "
              + hold.name
              + " in "
              + hold.mode
              + " and cannot write its value: PW or EX is needed");
    }
  }

  @Override
  public void close() {
    List<LockRequest> waiting = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      for (Hold hold : holds.all()) {
        if (hold.request.isPending()) {
          waiting.add(hold.request);
        } else if (hold.mode != null) {
          giveBack(hold);
        }
      }
    }
    for (LockRequest request : waiting) {
      endBecauseClosed(request);
    }
  }

  private void endBecauseClosed(LockRequest request) {
    Hold hold = request.hold;
    if (request.fail(ownerClosed())) {
      hold.shard.left(request);
      request.tell();
    }
    synchronized (this) {
      if (hold.mode != null && holds.get(hold.name) == hold) {
        giveBack(hold);
      }
    }
  }

  // ---- questions -----------------------------------------------------------------------------

  @Override
  public synchronized LockMode mode(LockName name) {
    return held(name).mode;
  }

  @Override
  public synchronized LockValue value(LockName name) {
    return held(name).value;
  }

  @Override
  public void check() {
    locks.checkNotEnded();
    locks.node().run().checkMembershipLease();
  }

  /** The hold of a lock that this owner holds and is not converting. Holding the monitor. */
  private Hold held(LockName name) {
    checkOpen();
    Hold hold = holds.get(name);
    if (hold == null || hold.mode == null) {
      throw new WeftException(
          LockErrors.LOCK_NOT_HELD, this + " does not hold lock " + name + ": acquire it first");
    }
    if (hold.request.isPending()) {
      throw new WeftException(
          LockErrors.LOCK_HELD,
          this + " waits for a conversion of lock " + name + " to " + hold.request.target());
    }
    return hold;
  }

  private void checkOpen() {
    if (closed) {
      throw ownerClosed();
    }
  }

  private WeftException ownerClosed() {
    return new WeftException(LockErrors.OWNER_CLOSED, this + " has been closed");
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
