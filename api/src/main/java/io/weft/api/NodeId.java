// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * Names a node of the cluster: a small number, so that a set of nodes is one {@code long}.
 *
 * @param value 0 to {@value #MAX}
 */
public record NodeId(int value) implements Comparable<NodeId> {
  /** Largest legal value. */
  public static final int MAX = 63;

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
