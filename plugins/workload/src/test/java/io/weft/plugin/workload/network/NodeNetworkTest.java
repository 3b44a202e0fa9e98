// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.weft.api.WeftException;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeNetworkTest {
  @Test
  void onlyNetworksOfProcessesThatAreGoneAreLeftovers() {
    List<String> names =
        List.of(
            "weft-7-1-hub", "weft-7-1-n0", "weft-8-2-n63", "weft-7-other", "blue", "weft-x-1-n0");

    assertEquals(
        List.of("weft-7-1-hub", "weft-7-1-n0"), NodeNetwork.leftovers(names, pid -> pid == 8));
  }

  @Test
  void linksAreNamedByTheirEnds() {
    List<NetworkLink> links = NetworkLink.from(1, List.of(0, 1, 2));

    assertEquals(List.of(new NetworkLink(1, 0), new NetworkLink(1, 2)), links);
    assertEquals(
        List.of(
            new NetworkLink(1, 0),
            new NetworkLink(1, 2),
            new NetworkLink(0, 1),
            new NetworkLink(2, 1)),
        NetworkLink.bothWays(links));
    assertThrows(IllegalArgumentException.class, () -> new NetworkLink(2, 2));
  }

  @Test
  void cutsAndHealsByRulesOfTheHubAndLeavesNothing() throws Exception {
    List<String> names;
    try (NodeNetwork network = open(2)) {
      names = network.names();
      assertTrue(IpTool.namespaces().containsAll(names));
      List<NetworkLink> links = List.of(new NetworkLink(0, 1));

      network.cut(links);
      network.cut(links);
      network.heal(links);
      assertTrue(rules(network).contains("from 10.77.0.2 to 10.77.1.2 blackhole"));

      network.heal(links);
      assertTrue(!rules(network).contains("blackhole"));
      assertThrows(IllegalStateException.class, () -> network.heal(links));
    }

    assertTrue(IpTool.namespaces().stream().noneMatch(names::contains));
  }

  private static String rules(NodeNetwork network) throws IpTool.Failure {
    return IpTool.run(
        List.of("ip", "-netns", network.names().getFirst(), "rule", "list"), List.of());
  }

  /** Skips the test where there can be no network. */
  private static NodeNetwork open(int nodes) {
    try {
      return NodeNetwork.open(nodes);
    } catch (WeftException e) {
      return abort(e.getMessage());
    }
  }
}
