// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

/** What the shards need of the node's lock service. Any thread. */
interface LockSending {
  /** Sends to another node. */
  void send(int to, long epoch, LockMessage message);

  /** A wait is old: it may be part of a deadlock. */
  void suspect();

  /** A lock is needed whose bucket this node masters and has not rebuilt in this view. */
  void wantRebuild(long epoch);
}
