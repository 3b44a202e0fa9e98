// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.spi.membership.AgreedMembers;
import java.util.List;

/** Records and lists of members as tests need them; addresses are those of a {@link World}. */
final class Records {
  private Records() {}

  static Member member(int node) {
    return new Member(new NodeId(node), "host" + node, 1000 + node);
  }

  static AgreedMembers members(NodeSet nodes) {
    return AgreedMembers.first(nodes.stream().mapToObj(Records::member).toList());
  }

  /** A record whose list has these nodes. */
  static ViewRecord of(long epoch, int proposer, List<ViewRecord.Entry> entries, NodeSet nodes) {
    return new ViewRecord(epoch, proposer, entries, members(nodes));
  }

  /** A record whose list has the nodes of its entries. */
  static ViewRecord of(long epoch, int proposer, List<ViewRecord.Entry> entries) {
    NodeSet.Builder nodes = new NodeSet.Builder();
    entries.forEach(entry -> nodes.add(entry.node()));
    return of(epoch, proposer, entries, nodes.build());
  }
}
