// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.modulo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules HS-1 to HS-3 for dealing in turn. */
final class ModuloHashStrategyTest {
  private final ModuloHashStrategy modulo = new ModuloHashStrategy();

  @Test
  void dealsTheBucketsInTurn() {
    int[] masters = modulo.propose(view(1, 4, 9));
    assertArrayEquals(new int[] {1, 4, 9, 1, 4, 9, 1}, Arrays.copyOf(masters, 7));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 64})
  void givesEveryMemberTheSameShareUpToOne(int members) {
    int[] masters = modulo.propose(view(IntStream.range(0, members).toArray()));
    assertEquals(Buckets.COUNT, masters.length);
    for (int id = 0; id < members; id++) {
      int node = id;
      long share = IntStream.of(masters).filter(master -> master == node).count();
      assertTrue(Math.abs(share - (double) Buckets.COUNT / members) < 1, () -> "share " + share);
    }
  }

  @Test
  void dependsOnTheIdsOnlyAndKeepsNothing() {
    View view = view(1, 2, 5);
    View moved =
        new View(
            new Epoch(9),
            view.members().stream().map(m -> new Member(m.id(), "elsewhere", 7)).toList());
    assertArrayEquals(modulo.propose(view), modulo.propose(moved));
    assertNotSame(modulo.propose(view), modulo.propose(view));
  }

  private static View view(int... ids) {
    return new View(
        Epoch.FIRST,
        IntStream.of(ids).mapToObj(id -> new Member(new NodeId(id), "host", 1_000 + id)).toList());
  }
}
