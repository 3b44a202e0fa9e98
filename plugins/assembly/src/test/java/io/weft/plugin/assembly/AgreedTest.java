// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.ClusterWide;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is collected as alike on all nodes. */
final class AgreedTest {
  /** Of a plugin. */
  record Settings(
      @ClusterWide Duration lease,
      @ClusterWide ByteSize size,
      int own,
      @ClusterWide List<String> names,
      Inner inner) {}

  /** A section of it. */
  record Inner(@ClusterWide int virtualNodes, String text) {}

  private static final Settings SETTINGS =
      new Settings(
          Duration.ofMillis(2_500),
          new ByteSize(1 << 20),
          3,
          List.of("a", "b"),
          new Inner(128, "x"));

  @Test
  void markedSettingsAndThePluginItselfAreCollectedAsNormalisedText() {
    assertEquals(
        Map.of(
            "weft.hash-strategy.plugin", "ring (module)",
            "weft.hash-strategy.ring.lease", "2500 ms",
            "weft.hash-strategy.ring.size", "1 MiB",
            "weft.hash-strategy.ring.names", "[a, b]",
            "weft.hash-strategy.ring.inner.virtual-nodes", "128"),
        Agreed.of(Slot.HASH_STRATEGY, "ring", "module", SETTINGS, "weft.hash-strategy.ring")
            .values());
  }

  @Test
  void aPluginThatEachNodeMayChooseIsNotCollected() {
    assertEquals(
        Map.of(),
        Agreed.of(Slot.METRICS, "hdr", "module", new Inner2(1), "weft.metrics.hdr").values());
  }

  /** Nothing of it is marked. */
  record Inner2(int own) {}
}
