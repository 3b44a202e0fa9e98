// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.redo.LogId;

/**
 * One life of a node, from a start to an end.
 *
 * @param node its id
 * @param incarnation which of its lives
 */
record Life(int node, long incarnation) {
  /** The redo log that this life writes. */
  LogId log() {
    return new LogId(node, incarnation);
  }

  @Override
  public String toString() {
    return "n" + node + "." + incarnation;
  }
}
