// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import java.util.Optional;

/**
 * What one call has done to a lock of an owner, so that it can be undone: it has acquired it,
 * converted it, or found it held. Giving it back has no effect on what the owner has done since.
 */
public final class TakenLock implements AutoCloseable {
  private final Owner owner;
  private final LockName name;

  /** The hold, and how often the object had been used when the lock was taken. */
  final Hold hold;

  final long use;

  /** The mode before; empty if the owner did not hold the lock. */
  final Optional<LockMode> before;

  private boolean isGivenBack;

  TakenLock(Owner owner, Hold hold, Optional<LockMode> before) {
    this.owner = owner;
    this.name = hold.name;
    this.hold = hold;
    this.use = hold.use;
    this.before = before;
  }

  public LockName name() {
    return name;
  }

  /** The call has failed: the owner has the lock as before. Any thread. */
  public void undo() {
    if (once()) {
      owner.giveBack(this);
    }
  }

  /** Gives the lock back, and checks that it was held until now. */
  @Override
  public void close() {
    if (once()) {
      owner.checkNotConverting(this);
      owner.giveBack(this);
      owner.check();
    }
  }

  private synchronized boolean once() {
    boolean first = !isGivenBack;
    isGivenBack = true;
    return first;
  }
}
