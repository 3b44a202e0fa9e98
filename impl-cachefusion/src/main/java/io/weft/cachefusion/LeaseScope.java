// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.api.Stage;
import io.weft.api.WeftException;
import io.weft.spi.runtime.Waiter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** What readings and changes have in common: taking leases in order, waiting, giving them back. */
abstract sealed class LeaseScope implements Scope permits ReadingScope, ChangeScope {
  private static final int MAX_LEVEL = 255;

  final CacheFusion cache;
  final FramePool frames;

  /** Handles made so far; the first {@link #used} may be open, holes are closed ones. */
  private Lease[] leases;

  private int used;
  private final boolean durableOnly;
  private final Waiter waiter;
  private final Runnable wake;
  private long timeoutNs;
  private int calls;

  /** The redo is known to be durable up to here. */
  private long durableLsn;

  /**
   * Makes an empty scope.
   *
   * @param durableOnly whether leases wait until what they show is durable (S6)
   */
  LeaseScope(CacheFusion cache, boolean durableOnly) {
    this.cache = cache;
    this.frames = cache.frames();
    this.durableOnly = durableOnly;
    this.waiter = cache.runtime().newWaiter();
    this.wake = waiter::signal;
    this.timeoutNs = cache.settings().leaseTimeout().toNanos();
    this.leases = new Lease[] {new Lease(this, frames)};
  }

  @Override
  public final void timeout(Duration timeout) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("time-out " + timeout + " is not longer than zero");
    }
    timeoutNs = timeout.toNanos();
  }

  @Override
  public final SharedLease shared(int level, int file, long number) {
    return take(level, file, number, Access.SHARED);
  }

  @Override
  public final Optional<SharedLease> tryShared(int file, long number) {
    return widen(tryTake(file, number, Access.SHARED));
  }

  @SuppressWarnings("unchecked") // an Optional is immutable
  static <T> Optional<T> widen(Optional<? extends T> found) {
    return (Optional<T>) found;
  }

  @Override
  public final CompletionStage<SharedLease> sharedAsync(int file, long number) {
    return takeAsync(file, number, Access.SHARED);
  }

  // ---- taking --------------------------------------------------------------------------------

  final Lease take(int level, int file, long number, Access access) {
    cache.checkOpen();
    checkOrder(level, file, number);
    Lease lease = freeHandle();
    int frame = pin(file, number, access);
    if (frame != FramePool.NONE) {
      countHit(frame);
    } else {
      frame = await(new BlockId(file, number), access);
    }
    lease.open(level, file, number, access, frame);
    if (durableOnly && !isDurable(frames.redoLsn(frame))) {
      awaitDurable(lease, frames.redoLsn(frame));
    }
    return lease;
  }

  final Optional<Lease> tryTake(int file, long number, Access access) {
    cache.checkOpen();
    checkNotHeld(file, number);
    Lease lease = freeHandle();
    int frame = pin(file, number, access);
    if (frame == FramePool.NONE) {
      return Optional.empty();
    }
    lease.open(0, file, number, access, frame);
    if (durableOnly && !isDurable(frames.redoLsn(frame))) {
      unpin(lease);
      return Optional.empty();
    }
    countHit(frame);
    return lease.found;
  }

  final <L> CompletionStage<L> takeAsync(int file, long number, Access access) {
    cache.checkOpen();
    checkOrder(0, file, number);
    Lease lease = freeHandle();
    AsyncTake<L> take = new AsyncTake<>(lease, file, number, access);
    int frame = pin(file, number, access);
    if (frame != FramePool.NONE) {
      countHit(frame);
      take.pinned(frame);
    } else {
      take.request();
    }
    return take;
  }

  /** Asks the log, where all committing threads meet, only for what is newer than last time. */
  private boolean isDurable(long lsn) {
    if (lsn > durableLsn) {
      durableLsn = cache.redo().durableLsn();
    }
    return lsn <= durableLsn;
  }

  /** Takes the fast path; one hit in {@link CacheCounters#HIT_SAMPLE} is timed. */
  private int pin(int file, long number, Access access) {
    if ((++calls & (CacheCounters.HIT_SAMPLE - 1)) != 0) {
      return pinUntimed(file, number, access);
    }
    long since = cache.runtime().nanoTime();
    int frame = pinUntimed(file, number, access);
    if (frame != FramePool.NONE) {
      cache.counters().record(Stage.LOCAL_HIT, cache.runtime().nanoTime() - since);
    }
    return frame;
  }

  private int pinUntimed(int file, long number, Access access) {
    return access == Access.EXCLUSIVE
        ? frames.pinExclusive(file, number)
        : frames.pinShared(file, number);
  }

  private void countHit(int frame) {
    cache.counters().localHits.increment();
    if (frames.touch(frame)) {
      cache.counters().prefetchHits.increment();
    }
  }

  /** Leases are taken in ascending order of (level, file, number) (S2), each block once. */
  private void checkOrder(int level, int file, long number) {
    if (level < 0 || level > MAX_LEVEL || number < 0) {
      throw new IllegalArgumentException(
          "level " + level + " or block number " + number + " is out of range");
    }
    for (int i = 0; i < used; i++) {
      Lease held = leases[i];
      if (held.isOpen() && (held.compareTo(level, file, number) >= 0 || held.isOn(file, number))) {
        throw new WeftException(
            CoreErrors.LEASE_ORDER,
            "block "
                + file
                + ":"
                + number
                + " at level "
                + level
                + " is asked for while this scope holds "
                + held.file()
                + ":"
                + held.number()
                + "; take leases in ascending order of (level, file, number), or use try");
      }
    }
  }

  private void checkNotHeld(int file, long number) {
    for (int i = 0; i < used; i++) {
      if (leases[i].isOpen() && leases[i].isOn(file, number)) {
        throw new WeftException(
            CoreErrors.LEASE_ORDER,
            "block " + file + ":" + number + " is held by this scope already");
      }
    }
  }

  private Lease freeHandle() {
    if (used == leases.length) {
      for (Lease lease : leases) {
        if (!lease.isOpen()) {
          return lease;
        }
      }
      grow();
    }
    return leases[used++];
  }

  private void grow() {
    if (leases.length == MAX_LEASES) {
      throw new WeftException(
          CoreErrors.SCOPE_FULL, "a scope holds at most " + MAX_LEASES + " leases");
    }
    Lease[] more = new Lease[Math.min(MAX_LEASES, leases.length * 4)];
    System.arraycopy(leases, 0, more, 0, leases.length);
    for (int i = leases.length; i < more.length; i++) {
      more[i] = new Lease(this, frames);
    }
    leases = more;
  }

  final boolean holdsAny() {
    for (int i = 0; i < used; i++) {
      if (leases[i].isOpen()) {
        return true;
      }
    }
    return false;
  }

  final int handles() {
    return used;
  }

  final Lease handle(int index) {
    return leases[index];
  }

  // ---- waiting -------------------------------------------------------------------------------

  private int await(BlockId block, Access access) {
    LeaseRequest request = new LeaseRequest(block, access, holdsAny(), wake);
    Shard shard = cache.shard(block.file(), block.number());
    waiter.reset();
    shard.acquire(request);
    if (!awaitUntil(request::isSettled) && request.abandon()) {
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
              + "; somebody holds a lease on it for long, or the scope's time-out is too short");
    }
    return switch (request.outcome()) {
      case LeaseRequest.Granted granted -> granted.frame();
      case LeaseRequest.Failed failed -> throw copyOf(failed.reason());
      case LeaseRequest.Abandoned _ -> throw new IllegalStateException("settled twice");
    };
  }

  /** The same error with the stack of the caller who sees it. */
  private static WeftException copyOf(WeftException reason) {
    return new WeftException(reason.code(), reason.getMessage(), reason);
  }

  /** Waits for a condition whose change is signalled; false after the time-out or an interrupt. */
  private boolean awaitUntil(java.util.function.BooleanSupplier condition) {
    long deadline = cache.runtime().nanoTime() + timeoutNs;
    while (!condition.getAsBoolean()) {
      long left = deadline - cache.runtime().nanoTime();
      try {
        if (left <= 0 || !waiter.await(left)) {
          return condition.getAsBoolean();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return condition.getAsBoolean();
      }
      waiter.reset(); // the signal may have been an earlier wait's
    }
    return true;
  }

  private void awaitDurable(Lease lease, long lsn) {
    try {
      awaitDurable(lsn);
    } catch (WeftException e) {
      unpin(lease);
      throw e;
    }
  }

  /** Waits until this node's redo is durable up to {@code lsn}. */
  final void awaitDurable(long lsn) {
    if (cache.redo().durableLsn() >= lsn || cache.redo().flush(lsn)) {
      return;
    }
    Consumer<WeftException> onStop = _ -> waiter.signal();
    waiter.reset();
    cache.onStop(onStop);
    cache.redo().whenDurable(lsn, wake);
    boolean settled = awaitUntil(() -> cache.redo().durableLsn() >= lsn || cache.isStopped());
    cache.forgetListener(onStop);
    if (cache.redo().durableLsn() >= lsn) {
      return;
    }
    cache.checkRunning();
    assert !settled;
    boolean interrupted = Thread.currentThread().isInterrupted();
    throw new WeftException(
        interrupted ? CoreErrors.INTERRUPTED : CoreErrors.LEASE_TIMEOUT,
        "redo up to LSN " + lsn + " is not durable yet");
  }

  // ---- giving back ---------------------------------------------------------------------------

  final void unpin(Lease lease) {
    int frame = lease.frame();
    if (lease.unpin()) {
      cache.shard(lease.file(), lease.number()).unpinned(frame);
    }
    if (used > 0 && leases[used - 1] == lease) {
      used--;
    }
  }

  final void unpinAll() {
    for (int i = used - 1; i >= 0; i--) {
      if (leases[i].isOpen()) {
        unpin(leases[i]);
      }
    }
    used = 0;
  }

  /** Ends one lease for the application. */
  void close(Lease lease) {
    if (lease.isOpen()) {
      unpin(lease);
      cache.checkLease();
    }
  }

  /** One asynchronous taking of a block. Completes on the thread that finds the block there. */
  private final class AsyncTake<L> extends CompletableFuture<L> {
    private final Lease lease;
    private final int file;
    private final long number;
    private final Access access;

    AsyncTake(Lease lease, int file, long number, Access access) {
      this.lease = lease;
      this.file = file;
      this.number = number;
      this.access = access;
    }

    void request() {
      BlockId block = new BlockId(file, number);
      LeaseRequest[] holder = new LeaseRequest[1];
      LeaseRequest request =
          new LeaseRequest(block, access, holdsAny(), () -> onSettled(holder[0].outcome()));
      holder[0] = request;
      cache.shard(file, number).acquire(request);
    }

    private void onSettled(LeaseRequest.Outcome outcome) {
      switch (outcome) {
        case LeaseRequest.Granted granted -> pinned(granted.frame());
        case LeaseRequest.Failed failed -> completeExceptionally(failed.reason());
        case LeaseRequest.Abandoned _ -> throw new IllegalStateException("nobody abandons this");
      }
    }

    @SuppressWarnings("unchecked") // L is SharedLease or ExclusiveLease, a Lease is both
    void pinned(int frame) {
      lease.open(0, file, number, access, frame);
      long lsn = frames.redoLsn(frame);
      if (!durableOnly || lsn <= cache.redo().durableLsn()) {
        complete((L) lease);
        return;
      }
      Consumer<WeftException> onStop = this::completeExceptionally;
      cache.onStop(onStop);
      cache
          .redo()
          .whenDurable(
              lsn,
              () -> {
                cache.forgetListener(onStop);
                complete((L) lease);
              });
    }
  }
}
