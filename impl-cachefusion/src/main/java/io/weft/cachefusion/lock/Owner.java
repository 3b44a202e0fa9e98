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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * An owner of global locks at this node. Its monitor guards its table. A thread in the monitor only
 * queues events of shards: it handles them when it has left the monitor, because they may enter the
 * monitors of other owners or run actions of applications.
 *
 * <p>Long because each way to ask for a lock is there three times: blocking, without waiting for
 * owners, and without blocking.
 */
public final class Owner implements LockOwner {
  /** Most hold objects kept for reuse. */
  private static final int MOST_SPARE = 16;

  /** A longer time-out counts as this one, so that times do not overflow. */
  private static final Duration LONGEST = Duration.ofDays(3_650);

  private final GlobalLocks locks;
  private final long number;
  private final String label;
  private final HoldTable holds = new HoldTable();
  private final List<Hold> spare = new ArrayList<>(2);
  private boolean closed;

  private final AttachedScopes scopes = new AttachedScopes();

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
    long nanos = nanosOf(timeout);
    LockRequest request = begin(name, mode, false, null);
    request.hold.shard.submit(request);
    await(request, nanos);
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
    long nanos = nanosOf(timeout);
    CompletableFuture<Void> future = new CompletableFuture<>();
    LockRequest request = begin(name, mode, false, done -> complete(done, future, null));
    return submit(
        request,
        nanos,
        future,
        () -> future.completeExceptionally(OwnerErrors.timedOut(this, name, mode, nanos)));
  }

  @Override
  public CompletionStage<Boolean> tryAcquireAsync(LockName name, LockMode mode) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    LockRequest request = begin(name, mode, true, done -> completeTry(done, future));
    return submit(request, nanosOf(locks.timeout()), future, () -> future.complete(false));
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
      hold.request = new LockRequest(hold, Optional.empty(), mode, tryOnly, onEnd);
      return hold.request;
    }
  }

  private Hold spareHold() {
    for (int i = spare.size() - 1; i >= 0; i--) {
      if (spare.get(i).free) {
        return spare.remove(i);
      }
    }
    return new Hold(number);
  }

  // ---- converting ----------------------------------------------------------------------------

  @Override
  public void convert(LockName name, LockMode mode) {
    convert(name, mode, locks.timeout());
  }

  @Override
  public void convert(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    LockRequest request = beginConversion(name, mode, false, null);
    if (request != null) {
      request.hold.shard.submit(request);
      await(request, nanos);
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
    long nanos = nanosOf(timeout);
    CompletableFuture<Void> future = new CompletableFuture<>();
    LockRequest request = beginConversion(name, mode, false, done -> complete(done, future, null));
    if (request == null) {
      future.complete(null);
      return future;
    }
    return submit(
        request,
        nanos,
        future,
        () -> future.completeExceptionally(OwnerErrors.timedOut(this, name, mode, nanos)));
  }

  /** Converts down at once, or begins to convert up; null if nothing is left to wait for. */
  private LockRequest beginConversion(
      LockName name, LockMode mode, boolean tryOnly, Consumer<LockRequest> onEnd) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    locks.node().run().checkOpen();
    Optional<LockShard> lowering;
    synchronized (this) {
      Hold hold = held(name);
      if (!hold.mode.covers(mode)) {
        if (!mode.covers(hold.mode)) {
          throw OwnerErrors.noConversion(
              name, hold.mode, mode, "convert to PW first, or release it");
        }
        hold.request = new LockRequest(hold, Optional.of(hold.mode), mode, tryOnly, onEnd);
        return hold.request;
      }
      check();
      lowering = down(hold, mode, Optional.empty());
    }
    lowering.ifPresent(LockShard::work);
    return null;
  }

  @Override
  public void convertDown(LockName name, LockMode mode, byte[] value) {
    LockValue written = LockValue.of(value);
    Optional<LockShard> lowering;
    synchronized (this) {
      Hold hold = held(name);
      checkMayWrite(hold);
      if (!hold.mode.covers(mode)) {
        throw OwnerErrors.noConversion(
            name, hold.mode, mode, "a value is written by a conversion down");
      }
      check();
      lowering = down(hold, mode, Optional.of(written));
    }
    lowering.ifPresent(LockShard::work);
  }

  /** Lowers a hold; the shard that has to work afterwards. Holding the monitor. */
  private static Optional<LockShard> down(Hold hold, LockMode mode, Optional<LockValue> written) {
    if (hold.mode == mode && written.isEmpty()) {
      return Optional.empty();
    }
    hold.mode = mode;
    written.ifPresent(value -> hold.value = value);
    hold.shard.queueConvertDown(hold, mode, written);
    return Optional.of(hold.shard);
  }

  // ---- taking together with a block ----------------------------------------------------------

  /** Takes a lock, converts it up if it is held, or leaves it as it is if its mode is enough. */
  public TakenLock take(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    LockRequest request = beginTaking(name, mode, null);
    if (request == null) {
      return found(name);
    }
    TakenLock taken = new TakenLock(this, request.hold, request.from());
    request.hold.shard.submit(request);
    await(request, nanos);
    taken(request);
    return taken;
  }

  /** Takes a lock as {@link #take} without blocking the caller; see {@link #acquireAsync}. */
  public CompletableFuture<TakenLock> takeAsync(LockName name, LockMode mode, Duration timeout) {
    long nanos = nanosOf(timeout);
    CompletableFuture<TakenLock> future = new CompletableFuture<>();
    LockRequest request =
        beginTaking(
            name,
            mode,
            done -> complete(done, future, new TakenLock(this, done.hold, done.from())));
    if (request == null) {
      future.complete(found(name));
      return future;
    }
    submit(
        request,
        nanos,
        future,
        () -> future.completeExceptionally(OwnerErrors.timedOut(this, name, mode, nanos)));
    return future;
  }

  /** Begins to take a lock; null if the owner has it in a mode that is enough. */
  private synchronized LockRequest beginTaking(
      LockName name, LockMode mode, Consumer<LockRequest> onEnd) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    checkOpen();
    if (holds.get(name) == null) {
      return begin(name, mode, false, onEnd);
    }
    return held(name).mode.covers(mode) ? null : beginConversion(name, mode, false, onEnd);
  }

  private TakenLock found(LockName name) {
    locks.node().run().checkMembershipLease();
    synchronized (this) {
      Hold hold = held(name);
      return new TakenLock(this, hold, Optional.of(hold.mode));
    }
  }

  /** Throws if a conversion of the lock waits, so that it cannot be given back. */
  synchronized void checkNotConverting(TakenLock taken) {
    if (isStill(taken) && taken.hold.request != null) {
      held(taken.name());
    }
  }

  /** Brings a lock back to what it was before it was taken, unless the owner has done more. */
  void giveBack(TakenLock taken) {
    Optional<LockShard> shard = Optional.empty();
    synchronized (this) {
      Hold hold = taken.hold;
      if (!closed && isStill(taken) && hold.mode != null && hold.request == null) {
        if (taken.before.isEmpty()) {
          shard = Optional.of(giveBack(hold));
        } else if (hold.mode.covers(taken.before.get())) {
          shard = down(hold, taken.before.get(), Optional.empty());
        }
      }
    }
    shard.ifPresent(LockShard::work);
  }

  private boolean isStill(TakenLock taken) {
    return taken.hold.use == taken.use && holds.get(taken.name()) == taken.hold;
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
  public synchronized void add(AttachedScope scope) {
    checkOpen();
    scopes.add(scope);
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
    if (giveUp(request)) {
      throw interrupted
          ? new WeftException(
              CoreErrors.INTERRUPTED, this + ": interrupted while waiting for lock " + name)
          : OwnerErrors.timedOut(this, name, request.target(), timeout);
    }
  }

  /** Ends a request that waits; false if it has ended already. */
  private boolean giveUp(LockRequest request) {
    LockShard shard;
    synchronized (this) {
      if (!request.leave()) {
        return false;
      }
      shard = request.hold.shard;
      shard.queueLeft(request);
      forget(request);
    }
    locks.counters().timeouts.increment();
    shard.work();
    return true;
  }

  /** A time-out in nanoseconds; not negative. */
  public static long nanosOf(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return (timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST).toNanos();
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
      await(request, nanosOf(locks.timeout()));
    } catch (WeftException e) {
      if (e.code() == LockErrors.LOCK_TIMEOUT) {
        return false;
      }
      throw e;
    }
    if (request.state() == LockRequest.State.REFUSED) {
      forget(request);
      return false;
    }
    taken(request);
    return true;
  }

  /** Takes the outcome over into the owner's table; the error, or null if the lock is held. */
  private WeftException settle(LockRequest request) {
    Hold hold = request.hold;
    if (request.state() != LockRequest.State.GRANTED) {
      forget(request);
      WeftException reason = request.error();
      return new WeftException(reason.code(), reason.getMessage(), reason);
    }
    WeftException error = null;
    Optional<LockShard> undone = Optional.empty();
    synchronized (this) {
      hold.request = null;
      hold.value = request.value();
      hold.mode = request.target();
      try {
        checkOpen();
        locks.node().run().checkMembershipLease();
      } catch (WeftException e) {
        error = e;
        undone = undo(request);
      }
    }
    undone.ifPresent(LockShard::work);
    return error;
  }

  /** The caller has completed the stage itself: what was granted goes back. */
  private void giveBackUnwanted(LockRequest request) {
    Optional<LockShard> undone;
    synchronized (this) {
      undone = undo(request);
    }
    undone.ifPresent(LockShard::work);
  }

  /**
   * The caller does not want or must not trust what was granted: it goes back. The shard that has
   * to work afterwards. Holding the monitor.
   */
  private Optional<LockShard> undo(LockRequest request) {
    Hold hold = request.hold;
    if (holds.get(hold.name) != hold || hold.request != null) {
      return Optional.empty();
    }
    if (closed || request.from().isEmpty()) {
      return Optional.of(giveBack(hold));
    }
    return down(hold, request.from().get(), Optional.empty());
  }

  /** A request has ended without a grant: unless the owner holds the lock, it is forgotten. */
  private synchronized void forget(LockRequest request) {
    Hold hold = request.hold;
    hold.request = null;
    if (hold.mode == null) {
      holds.remove(hold);
      keepSpare(hold);
    }
  }

  // ---- without blocking ----------------------------------------------------------------------

  private <T> CompletionStage<T> submit(
      LockRequest request, long timeout, CompletableFuture<T> future, Runnable late) {
    request.hold.shard.submit(request);
    if (!future.isDone()) {
      Runnable ended = waitsForLock();
      NodeRuntime.Cancellable timer =
          locks
              .node()
              .runtime()
              .schedule(
                  Math.max(1, timeout),
                  () -> {
                    if (giveUp(request)) {
                      late.run();
                    }
                  });
      future.whenComplete(
          (_, _) -> {
            ended.run();
            timer.cancel();
            giveUp(request); // the caller has completed the stage itself
          });
    }
    return future;
  }

  /**
   * Takes the outcome of a request over: the stage completes with {@code granted} if it is held.
   */
  private <T> void complete(LockRequest request, CompletableFuture<T> future, T granted) {
    WeftException error = settle(request);
    if (error != null) {
      future.completeExceptionally(error);
    } else if (!future.complete(granted)) {
      giveBackUnwanted(request);
    }
  }

  private void completeTry(LockRequest request, CompletableFuture<Boolean> future) {
    if (request.state() == LockRequest.State.REFUSED) {
      forget(request);
      future.complete(false);
    } else {
      complete(request, future, true);
    }
  }

  // ---- releasing -----------------------------------------------------------------------------

  @Override
  public void release(LockName name) {
    LockShard shard;
    synchronized (this) {
      shard = giveBack(held(name));
    }
    shard.work();
    check();
  }

  @Override
  public void release(LockName name, byte[] value) {
    LockValue written = LockValue.of(value);
    LockShard shard;
    synchronized (this) {
      Hold hold = held(name);
      checkMayWrite(hold);
      hold.written = Optional.of(written);
      shard = giveBack(hold);
    }
    shard.work();
    check();
  }

  /** Releases a lock and forgets it. The shard that has to work afterwards. Holding the monitor. */
  private LockShard giveBack(Hold hold) {
    holds.remove(hold);
    hold.shard.queueRelease(hold);
    keepSpare(hold);
    return hold.shard;
  }

  private void keepSpare(Hold hold) {
    if (spare.size() < MOST_SPARE) {
      spare.add(hold);
    }
  }

  private void checkMayWrite(Hold hold) {
    if (!hold.mode.mayWriteValue()) {
      throw OwnerErrors.mayNotWrite(this, hold.name, hold.mode);
    }
  }

  @Override
  public void close() {
    List<LockRequest> waiting = new ArrayList<>();
    List<LockShard> released = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      scopes.clear();
      for (Hold hold : holds.all()) {
        if (hold.request != null) {
          waiting.add(hold.request);
        } else {
          released.add(giveBack(hold));
        }
      }
    }
    released.forEach(LockShard::work);
    for (LockRequest request : waiting) {
      endBecauseClosed(request);
    }
  }

  private void endBecauseClosed(LockRequest request) {
    Hold hold = request.hold;
    if (request.fail(ownerClosed())) {
      hold.shard.queueLeft(request);
      hold.shard.work();
      request.tell();
    }
    synchronized (this) {
      if (hold.mode == null || holds.get(hold.name) != hold) {
        return;
      }
      giveBack(hold);
    }
    hold.shard.work();
  }

  // ---- questions -----------------------------------------------------------------------------

  @Override
  public synchronized LockMode mode(LockName name) {
    LockMode mode = held(name).mode;
    check();
    return mode;
  }

  @Override
  public synchronized LockValue value(LockName name) {
    LockValue value = held(name).value;
    check();
    return value;
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
    if (hold.request != null) {
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
