// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.List;
import java.util.Map;

/**
 * An agreed membership of the cluster.
 *
 * @param epoch the number of the view
 * @param members at least one, in ascending order of node id, each id once
 * @param incarnations the incarnation of each member: a number that grows with every start of the
 *     node; 0 for a member that is not in the map
 */
public record View(Epoch epoch, List<Member> members, Map<NodeId, Long> incarnations) {
  /** Copies the collections and rejects an empty, unordered or repeating list. */
  public View {
    members = List.copyOf(members);
    incarnations = Map.copyOf(incarnations);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("a view has at least one member");
    }
    for (int i = 1; i < members.size(); i++) {
      if (members.get(i - 1).id().compareTo(members.get(i).id()) >= 0) {
        throw new IllegalArgumentException("members are not in ascending order: " + members);
      }
    }
  }

  /** Creates a view in which every incarnation is 0. */
  public View(Epoch epoch, List<Member> members) {
    this(epoch, members, Map.of());
  }

  /** Whether {@code node} is a member. */
  public boolean contains(NodeId node) {
    return members.stream().anyMatch(member -> member.id().equals(node));
  }

  /**
   * The incarnation of {@code node} in this view; 0 if the node is not a member, or its incarnation
   * is not known.
   */
  public long incarnation(NodeId node) {
    return incarnations.getOrDefault(node, 0L);
  }

  /** The members' ids. */
  public NodeSet memberIds() {
    NodeSet.Builder ids = new NodeSet.Builder();
    for (Member member : members) {
      ids.add(member.id().value());
    }
    return ids.build();
  }
}
