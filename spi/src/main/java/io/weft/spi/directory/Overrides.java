// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Buckets whose master in a view is not the one that the hash strategy proposes: they have been
 * moved. Sorted by bucket, each bucket once. Immutable.
 */
public final class Overrides {
  /** No bucket. */
  public static final Overrides NONE = new Overrides(new char[0], new char[0]);

  /** Receives overrides, in the order of the buckets. */
  @FunctionalInterface
  public interface Visitor {
    /** Node {@code master} masters the bucket. */
    void visit(int bucket, int master);
  }

  private final char[] buckets;
  private final char[] masters;

  private Overrides(char[] buckets, char[] masters) {
    this.buckets = buckets;
    this.masters = masters;
  }

  /**
   * These overrides.
   *
   * @param masters the master of each bucket
   * @throws IllegalArgumentException if a bucket is not in 0 to 65,535, or a node not in 0 to 1,023
   */
  public static Overrides of(Map<Integer, Integer> masters) {
    if (masters.isEmpty()) {
      return NONE;
    }
    char[] buckets = new char[masters.size()];
    char[] nodes = new char[buckets.length];
    int index = 0;
    for (Map.Entry<Integer, Integer> each : new TreeMap<>(masters).entrySet()) {
      int bucket = each.getKey();
      int master = each.getValue();
      if (bucket < 0 || bucket >= Buckets.COUNT || master < 0 || master > NodeId.MAX) {
        throw new IllegalArgumentException("bucket " + bucket + " at node " + master);
      }
      buckets[index] = (char) bucket;
      nodes[index++] = (char) master;
    }
    return new Overrides(buckets, nodes);
  }

  public boolean isEmpty() {
    return buckets.length == 0;
  }

  /** Number of buckets, 0 to 65,536. */
  public int size() {
    return buckets.length;
  }

  /** Visits all of them, in the order of the buckets. */
  public void forEach(Visitor visitor) {
    for (int index = 0; index < buckets.length; index++) {
      visitor.visit(buckets[index], masters[index]);
    }
  }

  /** The master of a bucket, or {@code otherwise} if the bucket is not among these. */
  public int masterOf(int bucket, int otherwise) {
    int index = Arrays.binarySearch(buckets, (char) bucket);
    return index < 0 ? otherwise : masters[index];
  }

  /** These, where buckets have moved since. */
  public Overrides after(Map<Integer, Integer> moves) {
    if (moves.isEmpty()) {
      return this;
    }
    Map<Integer, Integer> all = new TreeMap<>();
    forEach(all::put);
    all.putAll(moves);
    return of(all);
  }

  /**
   * Those of these that mean something in a view: their master is a member, and the hash strategy
   * has chosen another node.
   *
   * @param chosen the map that the hash strategy proposes for the view
   */
  public Overrides in(NodeSet members, BucketMap chosen) {
    Map<Integer, Integer> rest = new TreeMap<>();
    forEach(
        (bucket, master) -> {
          if (members.contains(master) && chosen.masterOfBucket(bucket) != master) {
            rest.put(bucket, master);
          }
        });
    return rest.size() == size() ? this : of(rest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Overrides that
        && Arrays.equals(buckets, that.buckets)
        && Arrays.equals(masters, that.masters);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(buckets) + Arrays.hashCode(masters);
  }

  @Override
  public String toString() {
    return size() + " buckets that were moved";
  }
}
