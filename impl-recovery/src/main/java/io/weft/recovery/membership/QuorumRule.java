// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.Arrays;

/**
 * Which nodes decide: each elector has a vote, and the registry has one if the electors are an even
 * number of nodes. A quorum is a majority of the votes. So no two halves are both quorate, and one
 * of two survives.
 *
 * <p>The registry's vote is that of its compare-and-set: it accepts one record of an epoch, so only
 * one side has it.
 *
 * @param electors the nodes that vote, as a bitmap
 */
record QuorumRule(long electors) {
  /** Whether the registry has a vote. */
  boolean registryVotes() {
    return Long.bitCount(electors) % 2 == 0;
  }

  /** All votes. */
  int votes() {
    return Long.bitCount(electors) + (registryVotes() ? 1 : 0);
  }

  /** The least number of votes that decides. */
  int quorum() {
    return votes() / 2 + 1;
  }

  /** The votes of these nodes together with that of the registry, should it have one. */
  int votesOf(long nodes) {
    return Long.bitCount(nodes & electors) + (registryVotes() ? 1 : 0);
  }

  /** Whether these nodes decide, if the registry accepts. */
  boolean isQuorum(long nodes) {
    return votesOf(nodes) >= quorum();
  }

  /** Whether these nodes decide by themselves, whatever the registry's vote is. */
  boolean isMajority(long nodes) {
    return 2 * Long.bitCount(nodes & electors) > Long.bitCount(electors);
  }

  /**
   * The newest time since when a quorum has been in touch.
   *
   * @param nodeNs when each elector was last known in touch; indexed by node
   * @param registryNs when the registry was
   */
  long inTouchSince(long[] nodeNs, long registryNs) {
    long[] times = new long[votes()];
    int count = 0;
    for (int node = 0; node < nodeNs.length; node++) {
      if ((electors >>> node & 1) != 0) {
        times[count++] = nodeNs[node];
      }
    }
    if (registryVotes()) {
      times[count++] = registryNs;
    }
    Arrays.sort(times, 0, count);
    return times[count - quorum()];
  }
}
