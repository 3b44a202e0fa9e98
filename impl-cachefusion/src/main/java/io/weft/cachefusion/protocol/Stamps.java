// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

/**
 * Stamps of transactions. A stamp has the master's node id above {@value #COUNT_BITS} bits of a
 * count. So the requester sends {@code Done} to the master that began the transaction, even if the
 * bucket map of the requester names another one. Stateless.
 */
final class Stamps {
  private static final int COUNT_BITS = 22;
  private static final int COUNT_MASK = (1 << COUNT_BITS) - 1;

  private Stamps() {}

  /**
   * The count after {@code count}; never 0, so that no stamp is {@link
   * CacheFusionMessage#NO_STAMP}. It wraps around after four million transactions of a shard, long
   * after the last message with the same stamp has been handled.
   */
  static int next(int count) {
    int next = (count + 1) & COUNT_MASK;
    return next == 0 ? 1 : next;
  }

  /** The stamp of a master's transaction. */
  static int of(int master, int count) {
    return master << COUNT_BITS | count;
  }

  /** The node that began the transaction. */
  static int master(int stamp) {
    return stamp >>> COUNT_BITS;
  }
}
