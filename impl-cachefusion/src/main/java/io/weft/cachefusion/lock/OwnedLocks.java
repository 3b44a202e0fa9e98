// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What an owner holds and waits for. {@link Owner} asks the shards and waits for their answers;
 * this is its table, guarded by the monitor of this object. A thread in the monitor only queues
 * events of shards: it handles them when it has left the monitor, because they may enter the
 * monitors of other owners or run actions of applications.
 */
final class OwnedLocks {
  /** Most hold objects kept for reuse. */
  private static final int MOST_SPARE = 16;

  private final Owner owner;
  private final GlobalLocks locks;
  private final long number;
  private final HoldTable holds = new HoldTable();
  private final List<Hold> spare = new ArrayList<>(2);
  private boolean closed;

  OwnedLocks(Owner owner, GlobalLocks locks, long number) {
    this.owner = owner;
    this.locks = locks;
    this.number = number;
  }

  // ---- taking --------------------------------------------------------------------------------

  /**
   * Begins to take a lock that this owner does not hold. The caller submits {@link Hold#atOnce},
   * and then calls {@link #took} or {@link #request}.
   */
  Hold begin(LockName name, LockMode mode) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    locks.node().run().checkOpen();
    LockShard shard = locks.shardOf(name);
    synchronized (this) {
      checkOpen();
      Hold hold = holds.get(name);
      if (hold != null) {
        throw OwnerErrors.held(owner, hold);
      }
      hold = spareHold();
      hold.begin(name, shard);
      hold.atOnce.begin(mode);
      holds.add(hold);
      return hold;
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

  /** The lock was had at once; the error, or null if the owner holds it now. */
  WeftException took(Hold hold) {
    return hold(hold, Optional.empty(), hold.atOnce.mode(), hold.atOnce.value());
  }

  /** The lock was not had at once: makes the request, which the caller submits. */
  LockRequest request(Hold hold, boolean tryOnly, Consumer<LockRequest> onEnd) {
    synchronized (this) {
      if (closed) {
        holds.remove(hold); // and not reused: the shard may not have seen the first attempt yet
        throw OwnerErrors.closed(owner);
      }
      hold.request = new LockRequest(hold, Optional.empty(), hold.atOnce.mode(), tryOnly, onEnd);
      return hold.request;
    }
  }

  /** Begins as {@link #begin}; null if the owner holds the lock or waits for it. */
  synchronized Hold beginUnlessHeld(LockName name, LockMode mode) {
    checkOpen();
    return holds.get(name) == null ? begin(name, mode) : null;
  }

  /** What a call has found that takes a lock which its owner holds. */
  synchronized TakenLock found(LockName name) {
    Hold hold = held(name);
    return new TakenLock(owner, hold, Optional.of(hold.mode));
  }

  // ---- converting ----------------------------------------------------------------------------

  /** Converts down at once, or begins to convert up; null if nothing is left to wait for. */
  LockRequest convert(LockName name, LockMode mode, boolean tryOnly, Consumer<LockRequest> onEnd) {
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
      owner.check();
      lowering = down(hold, mode, Optional.empty());
    }
    lowering.ifPresent(LockShard::work);
    return null;
  }

  /** Begins to convert up; null if the owner has the lock in a mode that is enough. */
  synchronized LockRequest convertUp(LockName name, LockMode mode, Consumer<LockRequest> onEnd) {
    Objects.requireNonNull(mode, "the mode of the lock is null");
    return held(name).mode.covers(mode) ? null : convert(name, mode, false, onEnd);
  }

  void convertDown(LockName name, LockMode mode, LockValue written) {
    Optional<LockShard> lowering;
    synchronized (this) {
      Hold hold = held(name);
      checkMayWrite(hold);
      if (!hold.mode.covers(mode)) {
        throw OwnerErrors.noConversion(
            name, hold.mode, mode, "a value is written by a conversion down");
      }
      owner.check();
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

  // ---- outcomes ------------------------------------------------------------------------------

  /** Takes the outcome of a request over; the error, or null if the lock is held. */
  WeftException settle(LockRequest request) {
    if (request.state() != LockRequest.State.GRANTED) {
      forget(request);
      WeftException reason = request.error();
      return new WeftException(reason.code(), reason.getMessage(), reason);
    }
    return hold(request.hold, request.from(), request.target(), request.value());
  }

  /**
   * The owner holds a lock from now on, unless it is closed or the node may not be a member any
   * more: then the lock goes back, and this returns the error.
   */
  private WeftException hold(Hold hold, Optional<LockMode> from, LockMode mode, LockValue value) {
    WeftException error;
    Optional<LockShard> undone;
    synchronized (this) {
      hold.request = null;
      hold.value = value;
      hold.mode = mode;
      try {
        checkOpen();
        locks.node().run().checkMembershipLease();
        return null;
      } catch (WeftException e) {
        error = e;
        undone = undo(hold, from);
      }
    }
    undone.ifPresent(LockShard::work);
    return error;
  }

  /** The caller does not want what was granted any more: it goes back. */
  void giveBackUnwanted(LockRequest request) {
    Optional<LockShard> undone;
    synchronized (this) {
      undone = undo(request.hold, request.from());
    }
    undone.ifPresent(LockShard::work);
  }

  /**
   * The caller does not want or must not trust what was granted: it goes back. The shard that has
   * to work afterwards. Holding the monitor.
   */
  private Optional<LockShard> undo(Hold hold, Optional<LockMode> from) {
    if (holds.get(hold.name) != hold || hold.request != null) {
      return Optional.empty();
    }
    if (closed || from.isEmpty()) {
      return Optional.of(giveBack(hold));
    }
    return down(hold, from.get(), Optional.empty());
  }

  /** Ends a request that waits; false if it has ended already. */
  boolean giveUp(LockRequest request) {
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

  /** A request has ended without a grant: unless the owner holds the lock, it is forgotten. */
  synchronized void forget(LockRequest request) {
    Hold hold = request.hold;
    hold.request = null;
    if (hold.mode == null) {
      holds.remove(hold);
      keepSpare(hold);
    }
  }

  // ---- releasing -----------------------------------------------------------------------------

  void release(LockName name, Optional<LockValue> written) {
    LockShard shard;
    synchronized (this) {
      Hold hold = held(name);
      if (written.isPresent()) {
        checkMayWrite(hold);
        hold.written = written;
      }
      shard = giveBack(hold);
    }
    shard.work();
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
      throw OwnerErrors.mayNotWrite(owner, hold.name, hold.mode);
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

  /** Releases everything and ends what waits; no effect if that has been done. */
  void close() {
    List<LockRequest> waiting = new ArrayList<>();
    List<LockShard> released = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      for (Hold hold : holds.all()) {
        if (hold.request != null) {
          waiting.add(hold.request);
        } else if (hold.mode != null) {
          released.add(giveBack(hold));
        } // else its first attempt is under way; its caller finds the owner closed
      }
    }
    released.forEach(LockShard::work);
    waiting.forEach(this::endBecauseClosed);
  }

  private void endBecauseClosed(LockRequest request) {
    Hold hold = request.hold;
    if (request.fail(OwnerErrors.closed(owner))) {
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

  synchronized LockMode mode(LockName name) {
    return held(name).mode;
  }

  synchronized LockValue value(LockName name) {
    return held(name).value;
  }

  /** The hold of a lock that this owner holds and is not converting. Holding the monitor. */
  private Hold held(LockName name) {
    checkOpen();
    Hold hold = holds.get(name);
    if (hold == null || hold.mode == null) {
      throw OwnerErrors.notHeld(owner, name);
    }
    if (hold.request != null) {
      throw new WeftException(
          LockErrors.LOCK_HELD,
          owner + " waits for a conversion of lock " + name + " to " + hold.request.target());
    }
    return hold;
  }

  synchronized void checkOpen() {
    if (closed) {
      throw OwnerErrors.closed(owner);
    }
  }
}
