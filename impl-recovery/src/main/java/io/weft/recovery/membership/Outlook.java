// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Puts into words what a node that is in no view waits for. Pure: what it knows is handed in.
 *
 * @param configured all nodes of the configuration, as a bitmap
 * @param names names nodes for people, with their addresses
 */
record Outlook(long configured, IntFunction<String> names) {
  /** A registry that has not been read. */
  static String registry(String registry, Optional<String> trouble) {
    return registry + " to be read" + trouble.map(why -> " (" + why + ")").orElse("");
  }

  /** Members that recover, and for how long none of them has made a step. */
  static String recovery(long epoch, long recovering, long silentNs) {
    return "the recovery of view "
        + epoch
        + ", in which "
        + NodeNames.names(recovering)
        + " are, for "
        + silentNs / 1_000_000_000
        + " s without a further step (their logs say why); afterwards they take this node in";
  }

  /** Members that run, and do not recover. */
  static String members(long epoch, long members) {
    return "a place in a view after view "
        + epoch
        + " of "
        + NodeNames.names(members)
        + "; a newcomer has to reach all of them, and they have to reach it";
  }

  /** Members of the newest view that are not here and may run. */
  String proof(long epoch, long mayRun) {
    return "proof that the members of view "
        + epoch
        + " have ended which are not here and may run: "
        + list(mayRun);
  }

  /** Too few nodes. */
  String quorum(QuorumRule rule, long here) {
    return rule.quorum()
        + " of "
        + rule.votes()
        + " votes, of which there are "
        + rule.votesOf(here)
        + "; missing are "
        + list(configured & ~here);
  }

  private String list(long nodes) {
    return NodeNames.list(nodes, ", ", names);
  }
}
