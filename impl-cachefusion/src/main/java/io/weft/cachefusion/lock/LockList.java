// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Locks of a shard in one state, in the order in which they came into it. Linked through the locks
 * themselves, so that it costs no memory; so a lock is in one list at most. Owned by the shard's
 * executor.
 */
final class LockList implements Iterable<LockAtNode> {
  private LockAtNode oldest;
  private LockAtNode newest;
  private int size;

  int size() {
    return size;
  }

  /** Adds a lock that is in no list. */
  void add(LockAtNode lock) {
    lock.list = this;
    lock.older = newest;
    if (newest == null) {
      oldest = lock;
    } else {
      newest.newer = lock;
    }
    newest = lock;
    size++;
  }

  /** Removes a lock that is in this list. */
  void remove(LockAtNode lock) {
    lock.list = null;
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

  /** From the oldest on. The list must not change meanwhile. */
  @Override
  public Iterator<LockAtNode> iterator() {
    return Stream.iterate(oldest, Objects::nonNull, lock -> lock.newer).iterator();
  }
}
