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
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.runtime.Waiter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
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

  /** The last asynchronous taking, until the scope is used again; null if there is none. */
  private AsyncTake<?> taking;

  /** The thread whose waiting or trying call was the last to take; null if that is not known. */
  private Thread taker;

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
    checkNotTaking();
    checkOrder(level, file, number);
    Lease lease = freeHandle();
    assert cache.step();
    int frame = pin(file, number, access);
    assert cache.step();
    if (frame != FramePool.NONE) {
      countHit(frame);
    } else {
      frame = await(new BlockId(file, number), access);
    }
    lease.open(level, file, number, access, frame);
    takenBy(Thread.currentThread());
    if (durableOnly && !isDurable(frames.redoLsn(frame))) {
      awaitDurable(lease, frames.redoLsn(frame));
    }
    return lease;
  }

  final Optional<Lease> tryTake(int file, long number, Access access) {
    cache.checkOpen();
    checkNotTaking();
    checkNotHeld(file, number);
    Lease lease = freeHandle();
    assert cache.step();
    int frame = pin(file, number, access);
    if (frame == FramePool.NONE) {
      return Optional.empty();
    }
    assert cache.step();
    lease.open(0, file, number, access, frame);
    if (durableOnly && !isDurable(frames.redoLsn(frame))) {
      unpin(lease);
      return Optional.empty();
    }
    takenBy(Thread.currentThread());
    countHit(frame);
    return lease.found;
  }

  final <L> CompletionStage<L> takeAsync(int file, long number, Access access) {
    cache.checkOpen();
    checkNotTaking();
    checkOrder(0, file, number);
    AsyncTake<L> take = new AsyncTake<>(freeHandle(), file, number, access);
    take.lease.reserved = true;
    taking = take;
    takenBy(null);
    assert cache.step();
    int frame = pin(file, number, access);
    assert cache.step();
    if (frame != FramePool.NONE) {
      countHit(frame);
      take.pinned(frame);
    } else {
      take.request();
    }
    return take;
  }

  private void takenBy(Thread thread) {
    if (taker != thread) {
      taker = thread;
    }
  }

  /** Throws if an asynchronous taking is under way. */
  final void checkNotTaking() {
    if (taking == null) {
      return;
    }
    if (!taking.isDone()) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE,
          "block "
              + taking.file
              + ":"
              + taking.number
              + " is still being taken for this scope; wait for it, cancel its stage, or close the"
              + " scope");
    }
    forgetTaking();
  }

  /** Ends the last asynchronous taking if it has not ended yet. */
  private void forgetTaking() {
    if (taking.giveUp()) {
      taking.lease.reserved = false;
    } else {
      replace(taking.lease);
    }
    taking = null;
  }

  /** Asks the log, where all committing threads meet, only for what is newer than last time. */
  private boolean isDurable(long lsn) {
    if (lsn > durableLsn) {
      durableLsn = cache.redoLog().durableLsn();
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
      if (!held.isOpen()) {
        continue;
      }
      if (held.isOn(file, number)) {
        throw heldAlready(held);
      }
      if (held.compareTo(level, file, number) >= 0) {
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
        throw heldAlready(leases[i]);
      }
    }
  }

  private static WeftException heldAlready(Lease held) {
    return new WeftException(
        CoreErrors.ALREADY_LEASED,
        "block "
            + held.file()
            + ":"
            + held.number()
            + " is held by this scope already, "
            + (held.isExclusive() ? "exclusively" : "shared")
            + "; use that lease, or close it first (a lease is never upgraded)");
  }

  private Lease freeHandle() {
    if (used == leases.length) {
      for (Lease lease : leases) {
        if (!lease.isOpen() && !lease.reserved) {
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

  /** How often a block has been asked for, modulo 2^32. */
  final int attempts() {
    return calls;
  }

  final boolean holdsAny() {
    for (int i = 0; i < used; i++) {
      if (leases[i].isOpen()) {
        return true;
      }
    }
    return false;
  }

  /** How many leases are held of a shard's blocks; of all, for null. */
  private int heldIn(Shard shard) {
    int held = 0;
    for (int i = 0; i < used; i++) {
      Lease lease = leases[i];
      boolean counts = shard == null || cache.shard(lease.file(), lease.number()) == shard;
      held += lease.isOpen() && counts ? 1 : 0;
    }
    return held;
  }

  final int handles() {
    return used;
  }

  final Lease handle(int index) {
    return leases[index];
  }

  /** Whether the calling thread has the block itself, in a way that excludes what it wants. */
  private boolean standsInTheWayOf(BlockId block, Access access) {
    if (taker != Thread.currentThread()) {
      return false; // the scope is another thread's, which may look at its leases alone
    }
    for (int i = 0; i < used; i++) {
      if (leases[i].isOpen()
          && leases[i].isOn(block.file(), block.number())
          && (access == Access.EXCLUSIVE || leases[i].isExclusive())) {
        return true;
      }
    }
    return false;
  }

  private void checkNotOwn(BlockId block, Access access) {
    if (cache.ownScopes().anyMatch(scope -> scope.standsInTheWayOf(block, access))) {
      throw new WeftException(
          CoreErrors.ALREADY_LEASED,
          "block "
              + block
              + " is held by this very thread in another scope, so that it would wait for itself;"
              + " close that lease first");
    }
  }

  // ---- waiting -------------------------------------------------------------------------------

  private int await(BlockId block, Access access) {
    checkNotOwn(block, access);
    Shard shard = cache.shard(block.file(), block.number());
    LeaseRequest request = new LeaseRequest(block, access, heldIn(null), heldIn(shard), wake);
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
              + "; somebody, on whatever node, holds a lease on it for long, or the scope's"
              + " time-out is too short");
    }
    return switch (request.outcome()) {
      case LeaseRequest.Granted granted -> granted.frame();
      case LeaseRequest.Failed failed -> throw copyOf(failed.reason());
      case LeaseRequest.Abandoned _ -> throw new IllegalStateException("settled twice");
    };
  }

  /** The same error with the stack of the caller who sees it. */
  static WeftException copyOf(WeftException reason) {
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
    if (cache.redoLog().durableLsn() >= lsn || cache.redoLog().flush(lsn)) {
      return;
    }
    Consumer<WeftException> onStop = _ -> waiter.signal();
    waiter.reset();
    cache.onStop(onStop);
    cache.redoLog().whenDurable(lsn, wake);
    boolean settled = awaitUntil(() -> cache.redoLog().durableLsn() >= lsn || cache.isStopped());
    cache.forgetListener(onStop);
    if (cache.redoLog().durableLsn() >= lsn) {
      return;
    }
    cache.redoLog().forget(lsn, wake);
    cache.checkRunning();
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
   * Takes the next system change number. Nothing has been logged when this throws, so the change
   * can be aborted and repeated.
   *
   * @param mayWait whether the caller waits if the number is not reserved yet
   */
  final long nextScn(boolean mayWait) {
    long scn = cache.clock().tick();
    if (!cache.clock().isReserved(scn)) {
      awaitReservation(scn, mayWait);
    }
    return scn;
  }

  private void awaitReservation(long scn, boolean mayWait) {
    Consumer<WeftException> onStop = _ -> waiter.signal();
    waiter.reset();
    cache.onStop(onStop);
    cache.clock().awaitReservation(wake);
    if (mayWait) {
      awaitUntil(() -> cache.clock().isReserved(scn) || cache.isStopped());
    }
    cache.clock().forget(wake);
    cache.forgetListener(onStop);
    cache.checkMembershipLease(); // waiting may have taken long
    if (cache.clock().isReserved(scn)) {
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

  // ---- giving back ---------------------------------------------------------------------------

  final void unpin(Lease lease) {
    giveBack(lease);
    if (used > 0 && leases[used - 1] == lease) {
      used--;
    }
  }

  final void unpinAll() {
    if (taking != null) {
      AsyncTake<?> last = taking;
      forgetTaking();
      last.scopeCloses();
    }
    RuntimeException failed = null;
    for (int i = used - 1; i >= 0; i--) {
      if (leases[i].isOpen()) {
        assert cache.step();
        try {
          unpin(leases[i]);
        } catch (RuntimeException e) { // a segment that is in use: the other leases end, too
          failed = e;
        }
      }
    }
    used = 0;
    if (failed != null) {
      throw failed;
    }
  }

  /** Ends one lease for the application. */
  void close(Lease lease) {
    if (lease.isOpen()) {
      assert cache.step();
      unpin(lease);
      assert cache.step();
      cache.checkMembershipLease();
    }
  }

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
  private final class AsyncTake<L> extends CompletableFuture<L> {
    private final Lease lease;
    private final int file;
    private final long number;
    private final Access access;
    private final AtomicReference<Progress> progress = new AtomicReference<>(Progress.WAITING);
    private LeaseRequest request;

    AsyncTake(Lease lease, int file, long number, Access access) {
      this.lease = lease;
      this.file = file;
      this.number = number;
      this.access = access;
    }

    void request() {
      BlockId block = new BlockId(file, number);
      Shard shard = cache.shard(file, number);
      request = new LeaseRequest(block, access, heldIn(null), heldIn(shard), this::onSettled);
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

    void pinned(int frame) {
      lease.open(0, file, number, access, frame);
      if (!progress.compareAndSet(Progress.WAITING, Progress.PINNED)) {
        giveBack(lease); // too late: nobody knows this handle any more
        return;
      }
      long lsn = frames.redoLsn(frame);
      if (!durableOnly || lsn <= cache.redoLog().durableLsn()) {
        taken();
        return;
      }
      if (request == null) {
        giveUpWithTheCaller();
      }
      Consumer<WeftException> onStop = this::end;
      Runnable durable =
          () -> {
            cache.forgetListener(onStop);
            taken();
          };
      cache.onStop(onStop);
      cache.redoLog().whenDurable(lsn, durable);
      whenComplete(
          (_, _) -> {
            if (progress.get() != Progress.TAKEN) {
              cache.forgetListener(onStop);
              cache.redoLog().forget(lsn, durable);
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
              "the scope was closed while block " + file + ":" + number + " was being taken"));
    }

    /**
     * Gives back what is there, and has what comes later given back; any thread.
     *
     * @return whether it is too late, since the lease is the caller's
     */
    boolean giveUp() {
      Progress before = progress.getAndUpdate(p -> p == Progress.TAKEN ? p : Progress.GIVEN_UP);
      if (before == Progress.PINNED) {
        giveBack(lease);
      } else if (before == Progress.WAITING && request != null && request.abandon()) {
        cache.shard(file, number).abandoned(request);
      }
      return before == Progress.TAKEN;
    }
  }

  /** Of an asynchronous taking. */
  private enum Progress {
    WAITING,
    PINNED,
    TAKEN,
    GIVEN_UP
  }

  /** Forgets a handle that somebody may still open: it is not reused. */
  private void replace(Lease late) {
    for (int i = 0; i < leases.length; i++) {
      if (leases[i] == late) {
        leases[i] = new Lease(this, frames);
      }
    }
  }

  /** The pin goes back whatever becomes of the segments: the application may use one just now. */
  private void giveBack(Lease late) {
    if (!late.hasSegments()) {
      givePinBack(late);
      return;
    }
    try {
      late.endSegments();
    } finally {
      givePinBack(late);
    }
  }

  private void givePinBack(Lease late) {
    int frame = late.frame();
    if (late.unpin()) {
      cache.shard(late.file(), late.number()).unpinned(frame);
    }
  }
}
