// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * Names a node of the cluster: a small number, so that a {@link NodeSet} needs one word in most
 * clusters, and arrays can be indexed by it.
 *
 * @param value 0 to {@value #MAX}
 */
public record NodeId(int value) implements Comparable<NodeId> {
  /** Largest legal value. */
  public static final int MAX = 1_023;

  /** Rejects values outside 0 to {@value #MAX}. */
  public NodeId {
    if (value < 0 || value > MAX) {
      throw new IllegalArgumentException("node id " + value + " is outside 0 to " + MAX);
    }
  }

  @Override
  public int compareTo(NodeId other) {
    return Integer.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "n" + value;
  }
}
