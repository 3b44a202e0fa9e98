// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.view;

import io.weft.api.View;

/**
 * The membership that this node has installed.
 *
 * <ul>
 *   <li>Rule VW-1: epochs only grow; a view does not change within its epoch.
 *   <li>Rule VW-2: both methods are callable from any thread and never block.
 * </ul>
 */
public interface Views {
  /** The view in force. */
  View current();

  /**
   * Whether this node's lease holds now. What was read counts only if it still holds afterwards;
   * with static views it always does.
   */
  boolean leaseHolds();
}
