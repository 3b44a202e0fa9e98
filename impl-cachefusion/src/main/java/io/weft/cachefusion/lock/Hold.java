// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import java.util.Optional;

/**
 * One lock of one owner: held, asked for, or both during a conversion. Reused by its owner for
 * other locks when its release has been processed.
 *
 * <p>Its first fields belong to the owner, under the owner's monitor. The others belong to the
 * executor of the lock's shard.
 */
final class Hold implements Runnable {
  // ---- the owner's part ----------------------------------------------------------------------

  /** Number of the owner at its node. */
  final long owner;

  /** How often the object has been used for a lock. */
  long use;

  LockName name;
  LockShard shard;

  /** The mode that the owner holds; null while a first request waits. */
  LockMode mode;

  /** The value that came with that mode. */
  LockValue value;

  /** The request whose outcome the owner has not taken over yet; null without one. */
  LockRequest request;

  /** The value that the release writes. Set before the release is submitted. */
  Optional<LockValue> written = Optional.empty();

  /** Whether the release has been processed, so that the object may be reused. */
  volatile boolean free = true;

  /** The first attempt to take the lock. */
  final TakeAtOnce atOnce = new TakeAtOnce(this);

  // ---- the shard's part ----------------------------------------------------------------------

  /** The node's part of the lock, while the hold is granted or asked for. */
  LockAtNode lock;

  /** The mode that counts for the other owners; null if nothing is granted. */
  LockMode granted;

  /** Neighbours in the list of the lock's holds. */
  Hold next;

  Hold previous;

  Hold(long owner) {
    this.owner = owner;
  }

  /** Prepares the object for a lock. */
  void begin(LockName name, LockShard shard) {
    this.use++;
    this.name = name;
    this.shard = shard;
    this.mode = null;
    this.value = LockValue.ABSENT;
    this.written = Optional.empty();
    this.request = null;
    this.free = false;
  }

  /** A request has ended: unless the owner holds the lock, it may reuse the object. */
  void freeUnlessGranted() {
    if (granted == null) {
      lock = null;
      free = true;
    }
  }

  /** The release, as an event of the shard. */
  @Override
  public void run() {
    shard.onRelease(this);
  }
}
