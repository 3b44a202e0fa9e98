// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import io.weft.api.CoreErrors;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;

/**
 * The bucket map of the view: one byte for each bucket, as the hash strategy proposed it. Immutable
 * and therefore thread-safe.
 *
 * <p>A byte holds any node id, and 64 KiB stay in a core's cache where four times as much would
 * not.
 */
public final class BucketMapDirectory implements ResourceDirectory {
  private final byte[] masters = new byte[Buckets.COUNT];
  private final int[] counts = new int[NodeId.MAX + 1];

  /**
   * Asks the strategy for the map of the current view and checks it.
   *
   * @throws WeftException {@link CoreErrors#INVARIANT_BROKEN} if the strategy breaks rule HS-2
   */
  @Inject
  public BucketMapDirectory(HashStrategy strategy, Views views) {
    View view = views.current();
    int[] proposed = strategy.propose(view);
    if (proposed.length != Buckets.COUNT) {
      throw broken(strategy, proposed.length + " buckets instead of " + Buckets.COUNT);
    }
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      int master = proposed[bucket];
      if (master < 0 || master > NodeId.MAX || !view.contains(new NodeId(master))) {
        throw broken(strategy, "node " + master + ", which is no member, for bucket " + bucket);
      }
      masters[bucket] = (byte) master;
      counts[master]++;
    }
  }

  @Override
  public int masterOfBucket(int bucket) {
    return masters[bucket];
  }

  @Override
  public int bucketsOf(int node) {
    return node < 0 || node > NodeId.MAX ? 0 : counts[node];
  }

  private static WeftException broken(HashStrategy strategy, String proposal) {
    return new WeftException(
        CoreErrors.INVARIANT_BROKEN,
        "hash strategy "
            + strategy.getClass().getName()
            + " proposes "
            + proposal
            + "; choose another plugin in weft.hash-strategy.plugin");
  }
}
