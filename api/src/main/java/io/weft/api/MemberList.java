// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The agreed list of members: the nodes that may form views. All nodes of a view have the same
 * list, since the record of the view contains it.
 *
 * @param version number of changes since the first list, which is that of the configuration: 0 or
 *     larger
 * @param members the members, ascending by id; at least one
 * @param removed the ids that were taken out and have not been added again; disjoint from the
 *     members
 */
public record MemberList(long version, List<Member> members, NodeSet removed) {
  /** Sorts the members. */
  public MemberList {
    members = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    long ids = members.stream().map(Member::id).distinct().count();
    if (members.isEmpty() || ids != members.size()) {
      throw new IllegalArgumentException(
          "a member list needs at least one member, and each id once: " + members);
    }
    for (Member member : members) {
      if (removed.contains(member.id().value())) {
        throw new IllegalArgumentException(member + " is a member, and a removed one");
      }
    }
  }

  /** The member with that id. */
  public Optional<Member> find(NodeId node) {
    int low = 0;
    int high = members.size() - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      int order = members.get(middle).id().compareTo(node);
      if (order == 0) {
        return Optional.of(members.get(middle));
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle - 1;
    }
    return Optional.empty();
  }

  /** The ids of the members. */
  public NodeSet ids() {
    NodeSet.Builder ids = new NodeSet.Builder();
    members.forEach(member -> ids.add(member.id().value()));
    return ids.build();
  }
}
