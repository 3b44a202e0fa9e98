// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.Access;
import io.weft.api.BlockId;

/** A lease on a block, held or wanted. */
public record HeldLease(BlockId block, Access access) {
  /** Whether both leases cannot be held at the same time. */
  boolean excludes(HeldLease other) {
    return block.equals(other.block)
        && (access == Access.EXCLUSIVE || other.access == Access.EXCLUSIVE);
  }

  @Override
  public String toString() {
    return "block " + block + " " + access;
  }
}
