// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import java.util.List;

/**
 * A message between nodes about the move of a bucket from one master to the next, within a view.
 * The moves of a bucket are numbered from 1 in each view.
 */
public sealed interface MoveMessage {
  /** The bucket that moves. */
  int bucket();

  /** The number of the move. */
  int number();

  /**
   * Master to the next master: a part of the bucket's directory. With all parts goes the right to
   * serve the bucket. A block without an entry has no holder and no queue.
   *
   * @param parts how many messages the directory of the bucket takes
   */
  record Transfer(int bucket, int number, int parts, List<MovedEntry> entries)
      implements MoveMessage {
    /** Copies the list. */
    public Transfer {
      entries = List.copyOf(entries);
    }
  }

  /** New master to all other members: it serves the bucket. */
  record NewMaster(int bucket, int number) implements MoveMessage {}
}
