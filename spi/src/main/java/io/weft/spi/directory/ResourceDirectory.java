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
   *
   * @throws io.weft.api.WeftException if the hash strategy breaks its rules
   */
  BucketMap mapOf(View view);

  /** Puts a map in force. Later look-ups use it. */
  void install(BucketMap map);
}
