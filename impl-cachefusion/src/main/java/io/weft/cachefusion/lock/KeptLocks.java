// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

/**
 * The locks of a shard that the node keeps without an owner, in the order in which they lost their
 * last one. Linked through the locks themselves, so that it costs no memory. Owned by the shard's
 * executor.
 */
final class KeptLocks {
  private LockAtNode oldest;
  private LockAtNode newest;
  private int size;

  int size() {
    return size;
  }

  /** Adds a lock that is not among them. */
  void add(LockAtNode lock) {
    lock.isListed = true;
    lock.older = newest;
    if (newest == null) {
      oldest = lock;
    } else {
      newest.newer = lock;
    }
    newest = lock;
    size++;
  }

  /** Removes a lock that is among them. */
  void remove(LockAtNode lock) {
    lock.isListed = false;
    if (lock.older == null) {
      oldest = lock.newer;
    } else {
      lock.older.newer = lock.newer;
    }
    if (lock.newer == null) {
      newest = lock.older;
    } else {
      lock.newer.older = lock.older;
    }
    lock.older = null;
    lock.newer = null;
    size--;
  }

  /** Removes the lock that was added first; there must be one. */
  LockAtNode removeOldest() {
    LockAtNode lock = oldest;
    remove(lock);
    return lock;
  }
}
