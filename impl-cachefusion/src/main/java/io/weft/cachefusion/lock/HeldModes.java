// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import java.util.Arrays;

/** How many owners of a node hold a lock in each mode. On the executor of the lock's shard. */
final class HeldModes {
  private final int[] owners = new int[Modes.COUNT];

  /** An owner holds the lock in that mode now. */
  void add(LockMode mode) {
    owners[mode.ordinal()]++;
  }

  /** An owner does not hold the lock in that mode any more. */
  void remove(LockMode mode) {
    owners[mode.ordinal()]--;
    assert owners[mode.ordinal()] >= 0 : "fewer than no owners: " + this;
  }

  /**
   * Whether all owners may hold the lock beside a mode.
   *
   * @param own the mode in which the one who asks holds the lock itself; null if it does not
   */
  boolean isCompatible(LockMode mode, LockMode own) {
    for (int i = 0; i < Modes.COUNT; i++) {
      int others = owners[i] - (own != null && own.ordinal() == i ? 1 : 0);
      if (others > 0 && !mode.isCompatibleWith(Modes.of(i))) {
        return false;
      }
    }
    return true;
  }

  /** The least mode that covers what owners hold. */
  LockMode all() {
    LockMode all = LockMode.NL;
    for (int i = 1; i < Modes.COUNT; i++) {
      if (owners[i] > 0) {
        all = Modes.join(all, Modes.of(i));
      }
    }
    return all;
  }

  @Override
  public String toString() {
    return Arrays.toString(owners);
  }
}
