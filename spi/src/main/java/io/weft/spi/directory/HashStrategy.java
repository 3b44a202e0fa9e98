// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.View;

/**
 * Proposes the master of every bucket.
 *
 * <ul>
 *   <li>Rule HS-1: pure: the same view gives the same map on every node and in every process.
 *   <li>Rule HS-2: every bucket is assigned to a member of the view.
 *   <li>Rule HS-3: the map depends only on the members' ids, not on hosts, ports or the epoch.
 * </ul>
 */
public interface HashStrategy {
  /**
   * Proposes the bucket map of a view.
   *
   * @return {@link Buckets#COUNT} node ids, indexed by bucket; a new array
   */
  int[] propose(View view);
}
