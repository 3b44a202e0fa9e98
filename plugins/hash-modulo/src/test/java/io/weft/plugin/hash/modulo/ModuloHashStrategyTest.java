// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.modulo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.View;
import io.weft.plugin.tck.HashStrategyContract;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract, and that shares are as even as can be. */
final class ModuloHashStrategyTest extends HashStrategyContract {
  private final ModuloHashStrategy modulo = new ModuloHashStrategy();

  @Override
  protected HashStrategy strategy() {
    return new ModuloHashStrategy();
  }

  @Override
  protected int mapOfThree() {
    return -435127360;
  }

  @Override
  protected int mapOfWeights() {
    return mapOfThree();
  }

  @Override
  protected double movedBeside(View more, View less) {
    return 1;
  }

  @Test
  void dealsTheBucketsInTurn() {
    int[] masters = modulo.propose(viewOf(1, 4, 9));
    assertArrayEquals(new int[] {1, 4, 9, 1, 4, 9, 1}, Arrays.copyOf(masters, 7));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 64})
  void givesEveryMemberTheSameShareUpToOne(int members) {
    int[] masters = modulo.propose(viewOf(IntStream.range(0, members).toArray()));
    for (int id = 0; id < members; id++) {
      int node = id;
      long share = IntStream.of(masters).filter(master -> master == node).count();
      assertTrue(Math.abs(share - (double) Buckets.COUNT / members) < 1, () -> "share " + share);
    }
  }
}
