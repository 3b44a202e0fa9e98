// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ThroughputTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void findsTheWeakestCalmWindow() {
    Throughput throughput = new Throughput(100);
    for (int second = 0; second < 20; second++) {
      throughput.add(second * SECOND, second < 10 ? 500 : 1000);
    }
    assertEquals(OptionalLong.of(500), throughput.fewestPerSecond(20 * SECOND));

    throughput.disturb(4 * SECOND + 7);
    throughput.disturb(9 * SECOND);
    assertEquals(OptionalLong.of(1000), throughput.fewestPerSecond(20 * SECOND));
  }

  @Test
  void withoutACalmWindowThereIsNoFigure() {
    Throughput throughput = new Throughput(100);
    for (int second = 0; second < 20; second += 4) {
      throughput.disturb(second * SECOND);
    }
    assertEquals(OptionalLong.empty(), throughput.fewestPerSecond(20 * SECOND));
    assertEquals(0, throughput.calmWindows(20 * SECOND));
  }
}
