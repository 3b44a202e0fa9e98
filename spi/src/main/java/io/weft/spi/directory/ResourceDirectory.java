// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.View;

/**
 * The map from blocks to masters that is in force at this node.
 *
 * <p>Rule RD-1: all members of a view have the same map. Rule RD-2: a look-up never blocks and
 * never allocates.
 */
public interface ResourceDirectory extends BucketMap {
  /**
   * Computes the map of a view. Pure: the result is the same on all nodes. May take a millisecond.
   * Any thread.
   *
   * @param overrides buckets that have been moved: the given node masters such a bucket if it is a
   *     member of the view; all other buckets have the master that the hash strategy chooses
   * @throws io.weft.api.WeftException if the hash strategy breaks its rules
   */
  BucketMap mapOf(View view, Overrides overrides);

  /** The map of a view in which no bucket has been moved. */
  default BucketMap mapOf(View view) {
    return mapOf(view, Overrides.NONE);
  }

  /** Puts a map in force. Later look-ups use it. */
  void install(BucketMap map);
}
