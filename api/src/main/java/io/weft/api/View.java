// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.List;

/**
 * An agreed membership of the cluster.
 *
 * @param epoch its number
 * @param members at least one, in ascending order of node id, each id once
 */
public record View(Epoch epoch, List<Member> members) {
  /** Copies the list and rejects an empty, unordered or repeating one. */
  public View {
    members = List.copyOf(members);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("a view has at least one member");
    }
    for (int i = 1; i < members.size(); i++) {
      if (members.get(i - 1).id().compareTo(members.get(i).id()) >= 0) {
        throw new IllegalArgumentException("members are not in ascending order: " + members);
      }
    }
  }

  /** Whether {@code node} is a member. */
  public boolean contains(NodeId node) {
    return members.stream().anyMatch(member -> member.id().equals(node));
  }
}
