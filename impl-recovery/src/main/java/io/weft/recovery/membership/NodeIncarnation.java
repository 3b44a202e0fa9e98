// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.redo.LogId;

/**
 * One run of a node, from a start to its end.
 *
 * @param node the id of the node
 * @param number the number of this incarnation; a later one of the node has a larger number
 */
record NodeIncarnation(int node, long number) {
  /** The redo log that this incarnation writes. */
  LogId log() {
    return new LogId(node, number);
  }

  @Override
  public String toString() {
    return "n" + node + "." + number;
  }
}
