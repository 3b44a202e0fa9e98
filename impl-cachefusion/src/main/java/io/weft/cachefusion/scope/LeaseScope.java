// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockedBlock;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.api.Stage;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.lock.AttachedScope;
import io.weft.cachefusion.lock.HeldLease;
import io.weft.cachefusion.lock.Owner;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.node.RunState;
import io.weft.cachefusion.protocol.LeaseRequest;
import io.weft.cachefusion.shard.Shard;
import io.weft.spi.redo.RedoLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The common part of readings and changes: takes leases in order, waits for blocks, and gives
 * leases back.
 *
 * <p>Long because all ways to take a lease share the table of leases and the checks of their order.
 */
public abstract sealed class LeaseScope implements Scope, RecentScopes.Leases, AttachedScope
    permits ReadingScope, ChangeScope {
  /** Largest level of a lease in the order of leases (S2). */
  private static final int MAX_LEVEL = 255;

  final ScopeContext context;
  final FramePool frames;
  final RunState run;
  private final CacheCounters counters;
  private final RedoLog redo;

  /**
   * Handles made so far. Only the first {@link #used} can be open; closed ones may lie between
   * them.
   */
  private Lease[] leases;

  private int used;
  final boolean durableOnly;
  private final ScopeWaiter waiter;
  private int calls;

  /** The last asynchronous request, until the scope is used again; null if there is none. */
  private AsyncTake<?> taking;

  /** The thread whose blocking or trying call took the last lease; null if not known. */
  private Thread taker;

  /** The owner of locks that this scope works for; null if there is none. */
  private Owner owner;

  /** LSN up to which redo is known to be durable; caches the log's value. */
  private long durableLsn;

  /**
   * Makes an empty scope.
   *
   * @param durableOnly whether leases wait until what they show is durable (S6)
   */
  LeaseScope(ScopeContext context, boolean durableOnly) {
    this.context = context;
    this.frames = context.frames();
    this.run = context.node().run();
    this.counters = context.node().counters();
    this.redo = context.redo();
    this.durableOnly = durableOnly;
    this.waiter = new ScopeWaiter(context);
    this.leases = new Lease[] {new Lease(this, frames)};
  }

  @Override
  public final void timeout(Duration timeout) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("time-out " + timeout + " is not longer than zero");
    }
    waiter.timeout(timeout);
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

  @Override
  public final LockedBlock<SharedLease> sharedUnder(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
    return new LockedTake(this, owner, name, mode, timeout).take(file, number, Access.SHARED);
  }

  @Override
  public final CompletionStage<LockedBlock<SharedLease>> sharedUnderAsync(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
    return new LockedTake(this, owner, name, mode, timeout).takeAsync(file, number, Access.SHARED);
  }

  // ---- taking --------------------------------------------------------------------------------

  final Lease take(int level, int file, long number, Access access) {
    run.checkOpen();
    checkNotTaking();
    checkOrder(level, file, number);
    Lease lease = freeHandle();
    assert context.step();
    int frame = pin(file, number, access);
    if (frame == FramePool.NONE) {
      frame = frames.pinSoon(file, number, access, context.spins());
    }
    assert context.step();
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

  /** Takes a block at level 0 with a time-out of this call. */
  final Lease takeWithin(long nanos, int file, long number, Access access) {
    long before = waiter.limit(nanos);
    try {
      return take(0, file, number, access);
    } finally {
      waiter.limit(before);
    }
  }

  final Optional<Lease> tryTake(int file, long number, Access access) {
    run.checkOpen();
    checkNotTaking();
    checkNotHeld(file, number);
    Lease lease = freeHandle();
    assert context.step();
    int frame = pin(file, number, access);
    if (frame == FramePool.NONE) {
      return Optional.empty();
    }
    assert context.step();
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
    run.checkOpen();
    checkNotTaking();
    checkOrder(0, file, number);
    AsyncTake<L> take = new AsyncTake<>(this, freeHandle(), file, number, access, AsyncTake::alone);
    begin(take);
    assert context.step();
    int frame = pin(file, number, access);
    assert context.step();
    if (frame != FramePool.NONE) {
      countHit(frame);
      take.pinned(frame);
    } else {
      take.request();
    }
    return take;
  }

  /** An asynchronous request begins. */
  final void begin(AsyncTake<?> take) {
    take.lease().reserved = true;
    taking = take;
    takenBy(null);
  }

  /** Throws if a block may not be taken now at level 0. */
  final void checkMayTake(int file, long number) {
    run.checkOpen();
    checkNotTaking();
    checkOrder(0, file, number);
  }

  private void takenBy(Thread thread) {
    if (taker != thread) {
      taker = thread;
    }
  }

  /** Throws if an asynchronous request is pending. */
  final void checkNotTaking() {
    if (taking == null) {
      return;
    }
    if (!taking.isDone()) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE,
          "block "
              + taking.blockName()
              + " is still requested by this scope; wait for it, cancel its stage, or close the"
              + " scope");
    }
    forgetTaking();
  }

  /** Ends the last asynchronous request if it has not ended yet. */
  private void forgetTaking() {
    if (taking.giveUp()) {
      Lease lease = taking.lease();
      lease.reserved = false;
      if (taking.isCompletedExceptionally() && lease.isOpen()) {
        unpin(lease); // its caller gave up at the moment in which it was taken
      }
    } else {
      replace(taking.lease());
    }
    taking = null;
  }

  /**
   * Asks the log only if {@code lsn} is larger than the cached value, because all committing
   * threads contend for it.
   */
  private boolean isDurable(long lsn) {
    if (lsn > durableLsn) {
      durableLsn = redo.durableLsn();
    }
    return lsn <= durableLsn;
  }

  /** Pins on the fast path; one hit in {@link CacheCounters#HIT_SAMPLE} is timed. */
  private int pin(int file, long number, Access access) {
    if ((++calls & (CacheCounters.HIT_SAMPLE - 1)) != 0) {
      return pinUntimed(file, number, access);
    }
    long since = context.node().runtime().nanoTime();
    int frame = pinUntimed(file, number, access);
    if (frame != FramePool.NONE) {
      counters.record(Stage.LOCAL_HIT, context.node().runtime().nanoTime() - since);
    }
    return frame;
  }

  private int pinUntimed(int file, long number, Access access) {
    return access == Access.EXCLUSIVE
        ? frames.pinExclusive(file, number)
        : frames.pinShared(file, number);
  }

  final void countHit(int frame) {
    counters.localHits.increment();
    if (frames.touch(frame)) {
      counters.prefetchHits.increment();
    }
  }

  /**
   * Checks that leases are taken in ascending order of (level, file, number) (S2), each block once.
   */
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
                + " is requested while this scope holds "
                + held.file()
                + ":"
                + held.number()
                + "; take leases in ascending order of (level, file, number), or use tryShared or"
                + " tryExclusive");
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
            + " is already held by this scope, "
            + (held.isExclusive() ? "exclusively" : "shared")
            + "; use that lease, or close it first (a lease is never upgraded)");
  }

  final Lease freeHandle() {
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

  /** Number of lease requests, modulo 2^32. */
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

  /** Number of open leases on a shard's blocks; on all blocks for null. */
  final int heldIn(Shard shard) {
    int held = 0;
    for (int i = 0; i < used; i++) {
      Lease lease = leases[i];
      boolean counts = shard == null || context.shards().of(lease.file(), lease.number()) == shard;
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

  /** Whether the calling thread holds the block in a mode that conflicts with {@code access}. */
  @Override
  public final boolean conflictsWith(BlockId block, Access access) {
    if (taker != Thread.currentThread()) {
      return false; // only the owner thread of the scope may read its leases
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

  @Override
  public final void worksFor(Owner next) {
    if (!next.isOf(context.node())) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE,
          next + " does not belong to the node of this scope; use an owner of this node");
    }
    next.add(this);
    if (owner != null && owner != next) {
      owner.remove(this);
    }
    owner = next;
  }

  @Override
  public final void leases(Consumer<HeldLease> to) {
    if (taker != null && taker != Thread.currentThread()) {
      return; // only the thread of the scope may read its leases
    }
    for (int i = 0; i < used; i++) {
      Lease lease = leases[i];
      if (lease.isOpen()) {
        BlockId block = new BlockId(lease.file(), lease.number());
        to.accept(new HeldLease(block, lease.isExclusive() ? Access.EXCLUSIVE : Access.SHARED));
      }
    }
  }

  /**
   * This scope waits for a block. If it works for an owner, the wait may be ended as a part of a
   * deadlock.
   *
   * @return what to call when the wait has ended
   */
  final Runnable waitsFor(LeaseRequest request, Shard shard) {
    if (owner == null) {
      return () -> {};
    }
    return owner.waitsFor(
        new HeldLease(request.block(), request.access()),
        reason -> {
          if (request.fail(reason)) {
            shard.abandoned(request);
          }
        });
  }

  private void checkNotOwn(BlockId block, Access access) {
    if (context.ownScopes().anyMatch(scope -> scope.conflictsWith(block, access))) {
      throw new WeftException(
          CoreErrors.ALREADY_LEASED,
          "block "
              + block
              + " is held by this thread in another scope, so the thread would wait for itself;"
              + " close that lease first");
    }
  }

  // ---- waiting -------------------------------------------------------------------------------

  private int await(BlockId block, Access access) {
    checkNotOwn(block, access);
    Shard shard = context.shards().of(block);
    return waiter.awaitBlock(block, access, this, shard);
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
    waiter.awaitDurable(lsn);
  }

  /** See {@link ScopeWaiter#commitScn}. */
  final long commitScn(boolean mayWait) {
    return waiter.commitScn(mayWait);
  }

  // ---- giving back ---------------------------------------------------------------------------

  /** Ends the lease on a block if this scope has one. */
  final void end(int file, long number) {
    for (int i = 0; i < used; i++) {
      if (leases[i].isOpen() && leases[i].isOn(file, number)) {
        end(leases[i]);
        return;
      }
    }
  }

  /** Ends an open lease, whatever has been done under it. */
  void end(Lease lease) {
    close(lease);
  }

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
        assert context.step();
        try {
          unpin(leases[i]);
        } catch (RuntimeException e) { // a segment is in use: the other leases still have to end
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
      assert context.step();
      unpin(lease);
      assert context.step();
      run.checkMembershipLease();
    }
  }

  /** Replaces a handle that may still be opened by a late grant, so that it is not reused. */
  private void replace(Lease late) {
    for (int i = 0; i < leases.length; i++) {
      if (leases[i] == late) {
        leases[i] = new Lease(this, frames);
      }
    }
  }

  /** Unpins even if the segments cannot be ended because the application is using one. */
  final void giveBack(Lease late) {
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
      context.shards().of(late.file(), late.number()).unpinned(frame);
    }
  }
}
