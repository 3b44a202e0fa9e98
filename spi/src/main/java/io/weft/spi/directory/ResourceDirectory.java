// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.View;

/**
 * Tells who masters a block.
 *
 * <p>Rule RD-1: all nodes of a view agree. Rule RD-2: looking up never blocks, never allocates.
 */
public interface ResourceDirectory extends BucketMap {
  /**
   * The map of a view; pure, the same on all nodes. May take a millisecond.
   *
   * @throws io.weft.api.WeftException if the hash strategy breaks its rules
   */
  BucketMap mapOf(View view);

  /** Makes a map the one that this directory answers from. */
  void install(BucketMap map);
}
