// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  void aMissingSettingDiffersFromAnEmptyOne() {
    ClusterSettings mine = of(Map.of("weft.a", ""));
    assertEquals(
        "weft.a is empty here and missing there",
        mine.differences("here", ClusterSettings.NONE, "there"));
  }
}
