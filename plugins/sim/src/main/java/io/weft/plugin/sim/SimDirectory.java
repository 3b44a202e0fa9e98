// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.ResourceDirectory;

/** A bucket map drawn from a seed, so that different seeds give blocks different masters. */
public final class SimDirectory implements ResourceDirectory {
  private final long seed;
  private final int nodes;

  /** Deals the buckets to the nodes 0 to {@code nodes - 1}. */
  public SimDirectory(long seed, int nodes) {
    this.seed = seed;
    this.nodes = nodes;
  }

  @Override
  public int masterOfBucket(int bucket) {
    return (int) (Buckets.mix(seed ^ bucket * 0x9E3779B97F4A7C15L) >>> 33) % nodes;
  }

  @Override
  public int bucketsOf(int node) {
    int count = 0;
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      count += masterOfBucket(bucket) == node ? 1 : 0;
    }
    return count;
  }
}
