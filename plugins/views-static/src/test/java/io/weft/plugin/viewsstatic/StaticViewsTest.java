// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.viewsstatic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.spi.node.NodeSettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The view is what the settings say, for ever. */
final class StaticViewsTest {
  private static final List<Member> MEMBERS =
      List.of(new Member(new NodeId(0), "a", 1), new Member(new NodeId(1), "b", 2));

  private final StaticViews views =
      new StaticViews(new NodeSettings("test", new NodeId(1), 1, MEMBERS, 8_192, Map.of()));

  @Test
  void isTheFirstEpochWithTheConfiguredMembers() {
    assertEquals(Epoch.FIRST, views.current().epoch());
    assertEquals(MEMBERS, views.current().members());
    assertSame(views.current(), views.current());
  }

  @Test
  void theLeaseAlwaysHolds() {
    assertTrue(views.leaseHolds());
  }
}
