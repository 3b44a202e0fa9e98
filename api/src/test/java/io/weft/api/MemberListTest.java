// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class MemberListTest {
  private static final Member ONE = new Member(new NodeId(1), "host1", 7400);
  private static final Member TWO = new Member(new NodeId(2), "host2", 7400);

  @Test
  void membersAreInTheOrderOfTheirIds() {
    MemberList list = new MemberList(3, List.of(TWO, ONE), NodeSet.of(4));
    assertEquals(List.of(ONE, TWO), list.members());
    assertEquals(NodeSet.of(1, 2), list.ids());
    assertEquals(Optional.of(TWO), list.find(new NodeId(2)));
    assertEquals(Optional.empty(), list.find(new NodeId(4)));
  }

  @Test
  void contradictionsAreRefused() {
    assertRefused(List.of(), NodeSet.NONE);
    assertRefused(List.of(ONE, ONE), NodeSet.NONE);
    assertRefused(List.of(ONE, TWO), NodeSet.of(2));
  }

  private static void assertRefused(List<Member> members, NodeSet removed) {
    assertThrows(IllegalArgumentException.class, () -> new MemberList(0, members, removed));
  }
}
