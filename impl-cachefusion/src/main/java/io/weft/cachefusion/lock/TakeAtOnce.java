// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockValue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The first attempt to take a lock: whether it can be had without waiting and without a message. It
 * is part of its {@link Hold} and reused with it, so that a lock that the node has kept costs no
 * memory. If it does not succeed at once, the caller makes a {@link LockRequest}.
 *
 * <pre>
 *   ASKED --granted-----> GRANTED
 *     |-----not granted-> NOT_NOW   it would have to wait, or there is an error
 *     +-----left--------> LEFT      the caller does not wait for a busy shard: never granted later
 * </pre>
 *
 * <p>The caller and the shard's executor settle it by compare-and-set. It is safe to reuse it,
 * other than a request: nobody but these two refers to it, and the executor runs this event before
 * the event after which the hold is free.
 */
final class TakeAtOnce implements Runnable {
  private static final int ASKED = 0;
  private static final int GRANTED = 1;
  private static final int NOT_NOW = 2;
  private static final int LEFT = 3;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(TakeAtOnce.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Hold hold;

  private volatile int state = LEFT;

  private LockMode mode;
  private LockValue value = LockValue.ABSENT;

  TakeAtOnce(Hold hold) {
    this.hold = hold;
  }

  // ---- the caller ----------------------------------------------------------------------------

  /** Prepares the attempt. Then it is submitted. */
  void begin(LockMode wanted) {
    mode = wanted;
    value = LockValue.ABSENT;
    STATE.set(this, ASKED); // the submission publishes it
  }

  /** Ends the attempt after its submission: whether the lock is granted. */
  boolean isGranted() {
    if (state == ASKED) {
      STATE.compareAndSet(this, ASKED, LEFT);
    }
    return state == GRANTED;
  }

  LockMode mode() {
    return mode;
  }

  /** The value that came with the grant. */
  LockValue value() {
    return value;
  }

  // ---- the executor --------------------------------------------------------------------------

  @Override
  public void run() {
    hold.shard.onTakeAtOnce(this);
  }

  /** Grants it; false if the caller has left. */
  boolean grant(LockValue known) {
    value = known;
    return STATE.compareAndSet(this, ASKED, GRANTED);
  }

  void refuse() {
    STATE.compareAndSet(this, ASKED, NOT_NOW);
  }
}
