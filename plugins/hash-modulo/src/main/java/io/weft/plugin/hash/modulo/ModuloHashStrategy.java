// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.modulo;

import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import jakarta.inject.Inject;

/**
 * Assigns the buckets to the members in turn: bucket b goes to the member at position b modulo n,
 * in ascending order of ids. The distribution is as even as possible, and ignores weights. When a
 * member joins or leaves, nearly every bucket moves: from n to n + 1 members n of n + 1 buckets, if
 * the new member has the highest id. Immutable.
 */
public final class ModuloHashStrategy implements HashStrategy {
  /** Creates a strategy. */
  @Inject
  public ModuloHashStrategy() {}

  @Override
  public int[] propose(View view) {
    int[] ids = view.members().stream().mapToInt(member -> member.id().value()).toArray();
    int[] masters = new int[Buckets.COUNT];
    for (int bucket = 0; bucket < masters.length; bucket++) {
      masters[bucket] = ids[bucket % ids.length];
    }
    return masters;
  }
}
