// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.Overrides;
import io.weft.spi.directory.ResourceDirectory;
import jakarta.inject.Inject;

/**
 * Answers from the last installed bucket map. The hash strategy proposes the maps. Each is
 * immutable, and a look-up during {@link #install} uses the old or the new one. Thread-safe.
 */
public final class BucketMapDirectory implements ResourceDirectory {
  private final HashStrategy strategy;
  private volatile BucketMap current = new NoMap();

  /** Creates a directory without a map; a look-up fails until the first one is installed. */
  @Inject
  public BucketMapDirectory(HashStrategy strategy) {
    this.strategy = strategy;
  }

  /**
   * Asks the strategy for the map of a view, checks it, and puts the overrides on it.
   *
   * @throws WeftException {@link CoreErrors#INVARIANT_BROKEN} if the strategy breaks rule HS-2
   */
  @Override
  public BucketMap mapOf(View view, Overrides overrides) {
    int[] proposed = strategy.propose(view);
    if (proposed.length != Buckets.COUNT) {
      throw broken(proposed.length + " buckets instead of " + Buckets.COUNT);
    }
    NodeSet members = view.memberIds();
    char[] masters = new char[Buckets.COUNT];
    int[] counts = new int[members.last() + 1];
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      int master = proposed[bucket];
      if (!members.contains(master)) {
        throw broken("node " + master + ", which is no member, for bucket " + bucket);
      }
      masters[bucket] = (char) master;
      counts[master]++;
    }
    overrides.forEach(
        (bucket, master) -> {
          if (members.contains(master)) {
            counts[masters[bucket]]--;
            masters[bucket] = (char) master;
            counts[master]++;
          }
        });
    return counts.length <= SmallMap.NODES
        ? new SmallMap(masters, counts)
        : new LargeMap(masters, counts);
  }

  @Override
  public void install(BucketMap map) {
    current = map;
  }

  @Override
  public int masterOfBucket(int bucket) {
    return current.masterOfBucket(bucket);
  }

  @Override
  public int bucketsOf(int node) {
    return current.bucketsOf(node);
  }

  private WeftException broken(String proposal) {
    return new WeftException(
        CoreErrors.INVARIANT_BROKEN,
        "hash strategy "
            + strategy.getClass().getName()
            + " proposes "
            + proposal
            + "; choose another plugin in weft.hash-strategy.plugin");
  }

  private static int countOf(int[] counts, int node) {
    return node < 0 || node >= counts.length ? 0 : counts[node];
  }

  /**
   * The map of a view whose nodes fit into a byte, one byte for each bucket: 64 KiB stay in a
   * core's cache where more would not.
   */
  private static final class SmallMap implements BucketMap {
    /** Nodes from this one on do not fit. */
    static final int NODES = Byte.MAX_VALUE + 1;

    private final byte[] masters = new byte[Buckets.COUNT];
    private final int[] counts;

    SmallMap(char[] masters, int[] counts) {
      for (int bucket = 0; bucket < masters.length; bucket++) {
        this.masters[bucket] = (byte) masters[bucket];
      }
      this.counts = counts;
    }

    @Override
    public int masterOfBucket(int bucket) {
      return masters[bucket];
    }

    @Override
    public int bucketsOf(int node) {
      return countOf(counts, node);
    }
  }

  /** The map of any view, two bytes for each bucket. */
  private static final class LargeMap implements BucketMap {
    private final char[] masters;
    private final int[] counts;

    LargeMap(char[] masters, int[] counts) {
      this.masters = masters;
      this.counts = counts;
    }

    @Override
    public int masterOfBucket(int bucket) {
      return masters[bucket];
    }

    @Override
    public int bucketsOf(int node) {
      return countOf(counts, node);
    }
  }

  /**
   * The map before the first view: no node masters a bucket, and asking for a master is an error.
   */
  private static final class NoMap implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      throw new IllegalStateException(
          "no bucket map has been installed yet: the node is in no view");
    }

    @Override
    public int bucketsOf(int node) {
      return 0;
    }
  }
}
