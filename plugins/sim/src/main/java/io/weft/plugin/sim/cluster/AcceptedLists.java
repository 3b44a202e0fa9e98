// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.NodeSet;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.membership.AgreedMembers;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Checks the list of members in each record that the registry accepts: it follows the list before
 * in one step, it has all nodes of the view, and the nodes of a view are a quorum of those that
 * have not left if no node of the view before goes on, or the list changes.
 */
final class AcceptedLists {
  /** Where the length of the settings is in a record of a view, and where they begin. */
  private static final int SETTINGS_LENGTH = 46;

  private static final int SETTINGS = 52;

  /** The number of entries, and the states that belong to a view. */
  private static final int ENTRIES = 6;

  private static final int LAST_BELONGING = 1;
  private static final int LEFT = 2;

  private final Simulation simulation;
  private Optional<AgreedMembers> newest = Optional.empty();
  private Map<Integer, Long> belonging = Map.of();
  private int changed;

  AcceptedLists(Simulation simulation) {
    this.simulation = simulation;
  }

  /** How many lists were agreed on after the first. */
  int changed() {
    return changed;
  }

  /**
   * The registry has accepted a record.
   *
   * @param wentBack whether the registry has lost records, so that the one before is unknown
   */
  void onAccepted(byte[] record, boolean wentBack) {
    AgreedMembers next = AgreedMembers.ofRecord(record);
    Map<Integer, Long> nodes = nodesOf(record, state -> state <= LAST_BELONGING);
    NodeSet left = ids(nodesOf(record, state -> state == LEFT));
    NodeSet ids = ids(nodes);
    boolean goesOn = nodes.entrySet().stream().anyMatch(belonging.entrySet()::contains);
    boolean changes = newest.isPresent() && !next.equals(newest.get());
    if (changes && !wentBack && !next.mayFollow(newest.get())) {
      simulation.violate(Invariant.ONE_CHANGE, next + " follows " + newest.get());
    }
    if (!next.list().ids().containsAll(ids)) {
      simulation.violate(Invariant.VIEW_IN_LIST, "a view of " + ids + " with " + next);
    }
    if ((changes || !goesOn) && !isQuorum(ids, next.list().ids().minus(left))) {
      simulation.violate(Invariant.QUORUM_OF_LIST, ids + " are no quorum of " + next);
    }
    changed += changes ? 1 : 0;
    newest = Optional.of(next);
    belonging = nodes;
  }

  /** With the vote of the registry, which has accepted the record. */
  private static boolean isQuorum(NodeSet ids, NodeSet list) {
    int registry = list.size() % 2 == 0 ? 1 : 0;
    return 2 * (ids.intersection(list).size() + registry) > list.size() + registry;
  }

  private static NodeSet ids(Map<Integer, Long> nodes) {
    return NodeSet.of(nodes.keySet().stream().mapToInt(id -> id).toArray());
  }

  /** The nodes of a record whose entries have such a state, with their incarnations. */
  private static Map<Integer, Long> nodesOf(byte[] record, IntPredicate states) {
    ByteBuffer in = ByteBuffer.wrap(record);
    int count = Short.toUnsignedInt(in.getShort(ENTRIES));
    in.position(SETTINGS + Short.toUnsignedInt(in.getShort(SETTINGS_LENGTH)));
    Map<Integer, Long> nodes = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      int node = Short.toUnsignedInt(in.getShort());
      int state = in.get();
      long incarnation = in.getLong();
      if (states.test(state)) {
        nodes.put(node, incarnation);
      }
    }
    return nodes;
  }
}
