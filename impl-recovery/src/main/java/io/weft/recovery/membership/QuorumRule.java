// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/**
 * Which nodes decide: each elector has a vote, and the registry has one if the electors are an even
 * number of nodes. A quorum is a majority of the votes. So no two halves are both quorate, and one
 * of two survives.
 *
 * <p>The registry's vote is that of its compare-and-set: it accepts one record of an epoch, so only
 * one side has it.
 *
 * @param electors the nodes that vote
 */
record QuorumRule(NodeSet electors) {
  /** Whether the registry has a vote. */
  boolean registryVotes() {
    return electors.size() % 2 == 0;
  }

  /** All votes. */
  int votes() {
    return electors.size() + (registryVotes() ? 1 : 0);
  }

  /** The least number of votes that decides. */
  int quorum() {
    return votes() / 2 + 1;
  }

  /** The votes of these nodes together with that of the registry, should it have one. */
  int votesOf(NodeSet nodes) {
    return nodes.intersection(electors).size() + (registryVotes() ? 1 : 0);
  }

  /** Whether these nodes decide, if the registry accepts. */
  boolean isQuorum(NodeSet nodes) {
    return votesOf(nodes) >= quorum();
  }

  /** Whether these nodes decide by themselves, whatever the registry's vote is. */
  boolean isMajority(NodeSet nodes) {
    return 2 * nodes.intersection(electors).size() > electors.size();
  }

  /**
   * The newest time since when a quorum has been in touch.
   *
   * @param nodeNs when an elector was last known in touch
   * @param registryNs when the registry was
   */
  long inTouchSince(IntToLongFunction nodeNs, long registryNs) {
    long[] times = new long[votes()];
    int count = 0;
    for (int node = electors.next(0); node >= 0; node = electors.next(node + 1)) {
      times[count++] = nodeNs.applyAsLong(node);
    }
    if (registryVotes()) {
      times[count++] = registryNs;
    }
    Arrays.sort(times, 0, count);
    return times[count - quorum()];
  }
}
