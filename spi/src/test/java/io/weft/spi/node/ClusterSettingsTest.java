// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ClusterSettingsTest {
  private static ClusterSettings of(Map<String, String> values) {
    return new ClusterSettings(new TreeMap<>(values));
  }

  @Test
  void namesEveryKeyThatDiffersWithBothValues() {
    ClusterSettings mine = of(Map.of("weft.a", "1", "weft.b", "2"));
    ClusterSettings theirs = of(Map.of("weft.a", "1", "weft.b", "3"));
    assertEquals("weft.b is 2 here and 3 there", mine.differences("here", theirs, "there"));
    assertEquals("", mine.differences("here", mine, "there"));
  }

  @Test
  void aMembersWeightIsSharedUnlessItIsTheDefault() {
    ClusterSettings plain = members(new Member(new NodeId(1), "host-b", 7400));
    assertEquals("host-b:7400", plain.values().get("weft.members.n1"));
    assertEquals(plain, members(new Member(new NodeId(1), "host-b", 7400, Member.DEFAULT_WEIGHT)));
    String longName = "a-host-whose-name-takes-more-room-than-a-message-shows".repeat(2);
    ClusterSettings light = members(new Member(new NodeId(1), longName, 7400, 50));
    ClusterSettings heavy = members(new Member(new NodeId(1), longName, 7400, 300));
    assertNotEquals(light.fingerprint(), heavy.fingerprint());
    String differences = light.differences("here", heavy, "there");
    assertTrue(differences.startsWith("weft.members.n1 is weight 50 at a-host"), differences);
    assertTrue(differences.contains(" and weight 300 at a-host"), differences);
    assertEquals(heavy, ClusterSettings.decode(heavy.encode()));
  }

  private static ClusterSettings members(Member... members) {
    return ClusterSettings.core("cluster", List.of(members), 8_192);
  }

  @Test
  void aMissingSettingDiffersFromAnEmptyOne() {
    ClusterSettings mine = of(Map.of("weft.a", ""));
    assertEquals(
        "weft.a is empty here and missing there",
        mine.differences("here", ClusterSettings.NONE, "there"));
  }
}
