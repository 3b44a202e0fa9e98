// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

import io.weft.api.LockMode;
import io.weft.api.LockValue;
import java.util.List;

/**
 * A lock at one node, for checkers.
 *
 * @param mode granted to the node
 * @param holds the modes of the node's owners
 * @param value as this node knows it
 * @param mastered whether this node serves the lock as its master
 */
public record LockState(LockMode mode, List<LockMode> holds, LockValue value, boolean mastered) {
  /** Copies the list. */
  public LockState {
    holds = List.copyOf(holds);
  }
}
