// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that come, and addresses that change, while the transport runs. */
@Timeout(120)
final class ContactsTest {
  private final List<Member> members = TestNode.members(3);

  private TestNode started(List<Member> configured, int id) {
    return new TestNode(TestNode.node(configured, id), TestNode.settings(), false)
        .handling((_, _, _) -> {})
        .start();
  }

  /** Views have the list, so the nodes compare their configured ones no more. */
  private static void inView(TestNode... nodes) {
    for (TestNode node : nodes) {
      node.storage.formed(1);
    }
  }

  @Test
  @Tag("TR-10")
  void aNodeThatNoConfigurationNamedIsAPeerFromThenOn() throws InterruptedException {
    try (TestNode old = started(members.subList(0, 2), 1);
        TestNode fresh = started(List.of(members.get(2)), 2)) {
      inView(old, fresh);
      fresh.transport.contacts(members);
      old.transport.contacts(members);
      assertEquals("connected n2", old.nextNews());
      assertEquals("connected n1", fresh.nextNews());
    }
  }

  /** Also if the one that dials is the one that has learnt of the other last. */
  @Test
  @Tag("TR-10")
  void aNodeWithASmallIdIsDialled() throws InterruptedException {
    try (TestNode old = started(members.subList(1, 3), 2);
        TestNode fresh = started(List.of(members.get(0)), 0)) {
      inView(old, fresh);
      fresh.transport.contacts(members);
      old.transport.contacts(members);
      assertEquals("connected n0", old.nextNews());
      assertEquals("connected n2", fresh.nextNews());
    }
  }

  @Test
  @Tag("TR-10")
  void aNodeIsReachedAtItsNewAddress() throws InterruptedException {
    Member elsewhere = new Member(new NodeId(0), members.get(0).host(), members.get(1).port());
    List<Member> changed = List.of(elsewhere, members.get(2));
    List<Member> former = List.of(members.get(0), members.get(2));
    try (TestNode dials = started(former, 2);
        TestNode moved = started(changed, 0)) {
      inView(dials, moved);
      dials.transport.contacts(changed);
      assertEquals("connected n0", dials.nextNews());
      assertEquals("connected n2", moved.nextNews());
    }
  }

  /** The agreed address may be out of date: all nodes have been stopped, and moved. */
  @Test
  @Tag("TR-10")
  void theConfiguredAddressIsTriedToo() throws InterruptedException {
    Member elsewhere = new Member(new NodeId(0), members.get(0).host(), members.get(1).port());
    List<Member> configured = List.of(members.get(0), members.get(2));
    try (TestNode dials = started(configured, 2)) {
      inView(dials);
      dials.transport.contacts(List.of(elsewhere, members.get(2)));
      try (TestNode there = started(configured, 0)) {
        inView(there);
        assertEquals("connected n0", dials.nextNews());
        assertEquals("connected n2", there.nextNews());
      }
    }
  }

  @Test
  @Tag("TR-10")
  void aSessionLastsAlthoughItsNodeIsNotListedAnyMore() throws InterruptedException {
    List<Member> two = members.subList(0, 2);
    try (TestNode one = started(two, 0);
        TestNode other = started(two, 1)) {
      assertEquals("connected n1", one.nextNews());
      assertEquals("connected n0", other.nextNews());
      other.transport.contacts(List.of(members.get(1)));
      other.transport.contacts(two);
      assertTrue(other.news.isEmpty());
    }
  }
}
