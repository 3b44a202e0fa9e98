// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import java.util.ArrayList;
import java.util.List;

/**
 * The reports of all members after a view change, as far as they are about one shard. Collected by
 * {@link LockRebuild}, then read by the shard.
 */
final class LockReports {
  private final List<From> held = new ArrayList<>();
  private final List<LockMessage.Known> known = new ArrayList<>();

  /** A lock in which the node {@code from} has a mode. */
  record From(int from, LockMessage.Held held) {}

  /** Adds a lock in which the node {@code from} has a mode. */
  void add(int from, LockMessage.Held lock) {
    held.add(new From(from, lock));
  }

  /** Adds what a former master knew of a lock. */
  void add(LockMessage.Known lock) {
    known.add(lock);
  }

  /** Locks in which members have a mode, in the order of the reports. */
  List<From> held() {
    return held;
  }

  /** What former masters knew, in the order of the reports. */
  List<LockMessage.Known> known() {
    return known;
  }
}
