// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

/** What the state machines of a lock do outside of themselves. On the executor of their shard. */
interface LockEffects {
  /** Sends to the master of the lock, which may be this node. */
  void toMaster(LockMessage.About message);

  /** Sends to a node, which may be this one. */
  void toNode(int node, LockMessage.About message);

  /** A new number of the {@link LockClock}. */
  long nextNumber();

  /** Time, for the age of waits. */
  long nanoTime();

  /** A new number of a request of this node. */
  long nextRequest();

  /** Whether this node is in a view, so that locks have masters. */
  boolean isMember();

  /** A value became lost, because a node failed that may have written a newer one. */
  void lostValue();
}
