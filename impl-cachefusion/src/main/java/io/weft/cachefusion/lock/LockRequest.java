// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.spi.runtime.Waiter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An owner's request for a mode, which ends in exactly one way.
 *
 * <pre>
 *   PENDING --granted---> GRANTED
 *      |-----refused----> REFUSED    it may not wait
 *      |-----failed-----> FAILED     with an error
 *      +----given up----> LEFT       by the caller: never granted later
 * </pre>
 *
 * <p>The caller and the shard's executor settle it by compare-and-set; one of them succeeds. Never
 * reused: the shard, a timer and a caller that cancels may still refer to it after its end, and
 * would take its next use for the same request.
 */
final class LockRequest implements Runnable {
  /** The states, as drawn above. */
  enum State {
    PENDING,
    GRANTED,
    REFUSED,
    FAILED,
    LEFT
  }

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(LockRequest.class, "state", State.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Hold hold;
  private volatile State state = State.PENDING;

  /** Wakes the caller that waits; null while nobody waits. */
  private volatile Waiter waiter;

  private final Consumer<LockRequest> onEnd;
  private final Optional<LockMode> from;
  private final LockMode target;
  private final boolean tryOnly;

  /** Names the wait, and when it began; 0 if it did not wait. Owned by the executor. */
  long stamp;

  long since;

  private LockValue value = LockValue.ABSENT;
  private WeftException error;

  /**
   * Creates a pending request; then it is submitted.
   *
   * @param from the mode that the owner has already; empty if it does not hold the lock
   * @param onEnd told of the end by the thread that ends it; null if the caller waits
   */
  LockRequest(
      Hold hold,
      Optional<LockMode> from,
      LockMode target,
      boolean tryOnly,
      Consumer<LockRequest> onEnd) {
    this.hold = hold;
    this.from = from;
    this.target = target;
    this.tryOnly = tryOnly;
    this.onEnd = onEnd;
  }

  // ---- the caller ----------------------------------------------------------------------------

  /** The waiter that the end signals from now on; the caller looks at the state afterwards. */
  void signalTo(Waiter waiter) {
    this.waiter = waiter;
  }

  /** Gives up; false if the request has ended already. */
  boolean leave() {
    return STATE.compareAndSet(this, State.PENDING, State.LEFT);
  }

  State state() {
    return state;
  }

  boolean isPending() {
    return state == State.PENDING;
  }

  Optional<LockMode> from() {
    return from;
  }

  LockMode target() {
    return target;
  }

  boolean isTryOnly() {
    return tryOnly;
  }

  /** The value that came with the grant. */
  LockValue value() {
    return value;
  }

  WeftException error() {
    return error;
  }

  // ---- the executor --------------------------------------------------------------------------

  /** The request, as an event of the shard. */
  @Override
  public void run() {
    hold.shard.onRequest(this);
  }

  /** Grants it; false if the caller has given up. The caller is told later, by {@link #tell}. */
  boolean grant(LockValue value) {
    this.value = value;
    return end(State.GRANTED);
  }

  boolean refuse() {
    return end(State.REFUSED);
  }

  boolean fail(WeftException reason) {
    this.error = reason;
    return end(State.FAILED);
  }

  private boolean end(State as) {
    return STATE.compareAndSet(this, State.PENDING, as);
  }

  /** Tells the caller of the end. Called once, by the thread that has ended it. */
  void tell() {
    Waiter waiting = waiter;
    if (waiting != null) {
      waiting.signal();
    }
    if (onEnd != null) {
      onEnd.accept(this);
    }
  }
}
