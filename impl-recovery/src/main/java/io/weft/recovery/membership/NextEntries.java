// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.TreeMap;

/**
 * Writes down the entries of the record that follows the newest one: how each node will stand, once
 * it is decided which nodes go and come. Owned by {@link ViewAgreement}.
 */
final class NextEntries {
  private final AgreementState state;
  private final RecoveryBarrier recovery;

  NextEntries(AgreementState state, RecoveryBarrier recovery) {
    this.state = state;
    this.recovery = recovery;
  }

  /**
   * The first view after a cold start: all nodes of the newest record are out.
   *
   * @param joining the nodes that will be in it
   */
  TreeMap<Integer, ViewRecord.Entry> forming(NodeSet joining) {
    NodeSet all = state.known().map(ViewRecord::belonging).orElse(NodeSet.NONE);
    return withJoiners(after(all, NodeSet.NONE), joining);
  }

  /**
   * The next view of this node's.
   *
   * @param out the nodes that are taken out
   * @param leaving the nodes that go as planned
   * @param joining the nodes that are taken in
   */
  TreeMap<Integer, ViewRecord.Entry> following(NodeSet out, NodeSet leaving, NodeSet joining) {
    return withJoiners(after(out, leaving), joining);
  }

  private TreeMap<Integer, ViewRecord.Entry> after(NodeSet out, NodeSet leaving) {
    TreeMap<Integer, ViewRecord.Entry> next = new TreeMap<>();
    boolean certain = state.known().isPresent() && recovery.fenced() >= state.epoch();
    for (ViewRecord.Entry entry : state.entries()) {
      EntryState state =
          switch (entry.state()) {
            case MEMBER, WITNESS ->
                out.contains(entry.node())
                    ? EntryState.OUT
                    : leaving.contains(entry.node()) ? EntryState.LEFT : entry.state();
            case OUT -> certain ? EntryState.FENCED : EntryState.OUT;
            case LEFT, FENCED -> entry.state();
          };
      next.put(entry.node(), entry.as(state));
    }
    return next;
  }

  private TreeMap<Integer, ViewRecord.Entry> withJoiners(
      TreeMap<Integer, ViewRecord.Entry> next, NodeSet joining) {
    AgreementSettings settings = state.settings();
    for (int node = joining.next(0); node >= 0; node = joining.next(node + 1)) {
      boolean self = node == settings.node();
      boolean witness =
          self ? settings.witness() : state.peers().get(node).status().orElseThrow().witness();
      long incarnation = self ? settings.incarnation() : state.peers().get(node).incarnation();
      EntryState state = witness ? EntryState.WITNESS : EntryState.MEMBER;
      next.put(node, new ViewRecord.Entry(node, incarnation, state));
    }
    return next;
  }
}
