// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.fleet.FleetPlan.Address;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FleetPlanTest {
  @Test
  void writesTheConfigurationOfANode() {
    FleetPlan plan =
        new FleetPlan(
            2, 64, "tcp", 100, Optional.of(Path.of("/etc/weft.conf")), List.of("weft.x = 1"));

    String config =
        plan.configOf(1, Address.loopback(List.of(4001, 4002)), Path.of("/data/a \"b\""));

    assertEquals(
        """
        include required(file("/etc/weft.conf"))
        weft.cluster-name = workload
        weft.node-id = 1
        weft.members = [
          { id = 0, host = "127.0.0.1", port = 4001 }
          { id = 1, host = "127.0.0.1", port = 4002 }
        ]
        weft.transport.plugin = "tcp"
        weft.store.plugin = file
        weft.store.file.directory = "/data/a \\"b\\""
        weft.cache-fusion.frames = 64
        weft.x = 1
        """,
        config);
  }

  @Test
  void portsAreFreeAndDiffer() {
    List<Integer> ports = Ports.free(5);

    assertEquals(5, new HashSet<>(ports).size());
    assertTrue(ports.stream().allMatch(port -> port > 0));
  }
}
