// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Puts into words what a node that is in no view waits for. Pure: what it knows is handed in.
 *
 * @param configured all members
 * @param names names nodes for people, with their addresses
 */
record Outlook(NodeSet configured, IntFunction<String> names) {
  /** A registry that has not been read. */
  static String registry(String registry, Optional<String> trouble) {
    return registry + " to be read" + trouble.map(why -> " (" + why + ")").orElse("");
  }

  /** Members that recover, and for how long none of them has made a step. */
  static String recovery(long epoch, NodeSet recovering, long silentNs) {
    return "the recovery of view "
        + epoch
        + ", in which "
        + NodeNames.names(recovering)
        + " are, for "
        + silentNs / 1_000_000_000
        + " s without a further step (their logs say why); afterwards they take this node in";
  }

  /** Members that run, and do not recover. */
  static String members(long epoch, NodeSet members) {
    return "a place in a view after view "
        + epoch
        + " of "
        + NodeNames.names(members)
        + "; a newcomer has to reach all of them, and they have to reach it";
  }

  /** Members of the newest view that are not here and may run. */
  String proof(long epoch, NodeSet mayRun) {
    return "proof that the members of view "
        + epoch
        + " have ended which are not here and may run: "
        + list(mayRun);
  }

  /** Too few nodes. */
  String quorum(QuorumRule rule, NodeSet here) {
    return rule.quorum()
        + " of "
        + rule.votes()
        + " votes, of which there are "
        + rule.votesOf(here)
        + "; missing are "
        + list(configured.minus(here));
  }

  private String list(NodeSet nodes) {
    return NodeNames.list(nodes, ", ", names);
  }
}
