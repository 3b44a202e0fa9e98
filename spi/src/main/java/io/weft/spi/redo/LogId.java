// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

/**
 * Names the redo log of one incarnation of a node.
 *
 * @param node the node id, 0 to {@value io.weft.api.NodeId#MAX}
 * @param incarnation the incarnation of the node, 1 or larger
 */
public record LogId(int node, long incarnation) implements Comparable<LogId> {
  @Override
  public int compareTo(LogId other) {
    return node != other.node
        ? Integer.compare(node, other.node)
        : Long.compare(incarnation, other.incarnation);
  }

  @Override
  public String toString() {
    return "n" + node + "." + incarnation;
  }
}
