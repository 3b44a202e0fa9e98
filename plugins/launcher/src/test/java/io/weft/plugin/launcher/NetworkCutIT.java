// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.weft.api.WeftException;
import io.weft.plugin.workload.network.NetworkLink;
import io.weft.plugin.workload.network.NodeNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cuts the network between real node processes, not their storage. Needs root on Linux and is
 * skipped elsewhere.
 */
@Timeout(600)
class NetworkCutIT {
  /**
   * Nobody is killed, as on another host: whoever is out finds out by itself. The pause is long
   * enough for a busy machine.
   */
  private static final List<String> SETTINGS =
      List.of(
          "weft.membership.kill = false",
          "weft.membership.lease = 4 s",
          "weft.failure-detector.phi.acceptable-pause = 2 s");

  private static final List<String> RIGHTFUL = List.of("EVICTED", "QUORUM_LOST", "LEASE_LOST");

  @TempDir private Path directory;

  @Test
  void aNodeThatIsCutOffStopsAndTheOthersGoOn() throws Exception {
    endsWithOneStop(NetworkLink.bothWays(NetworkLink.from(0, List.of(1, 2))), 0);
  }

  @Test
  void oneOfTwoNodesThatAreCutFromEachOtherStopsAlthoughBothReachTheThird() throws Exception {
    endsWithOneStop(NetworkLink.bothWays(List.of(new NetworkLink(0, 1))), 0, 1);
  }

  @Test
  void oneOfTwoNodesStopsIfOneDoesNotHearTheOther() throws Exception {
    endsWithOneStop(List.of(new NetworkLink(1, 2)), 1, 2);
  }

  /** Exactly one of the suspects has to go; then all three work together again. */
  private void endsWithOneStop(List<NetworkLink> links, Integer... suspects) throws Exception {
    try (NodeNetwork network = open();
        CutCluster cluster = new CutCluster(directory, network, 3, SETTINGS)) {
      network.cut(links);
      cluster.await(
          () -> List.of(suspects).stream().anyMatch(node -> hasStopped(cluster, node)), suspects);
      int victim =
          List.of(suspects).stream().filter(node -> hasStopped(cluster, node)).findFirst().get();
      List<Integer> others = new ArrayList<>(cluster.nodes());
      others.remove(Integer.valueOf(victim));
      cluster.await(
          () -> others.stream().allMatch(node -> cluster.life(node).isSettledIn(others)), victim);
      cluster.awaitWork(others, victim);

      network.heal(links);
      cluster.restart(victim);
      cluster.awaitWork(cluster.nodes());
      cluster.prove();
    }
  }

  private static boolean hasStopped(CutCluster cluster, int node) {
    return cluster
        .life(node)
        .reason()
        .map(
            code -> {
              assertTrue(RIGHTFUL.stream().anyMatch(code::contains), code);
              return true;
            })
        .orElse(false);
  }

  private static NodeNetwork open() {
    try {
      return NodeNetwork.open(3);
    } catch (WeftException e) {
      return abort(e.getMessage());
    }
  }
}
