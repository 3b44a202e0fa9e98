// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import io.weft.api.View;

/**
 * Proposes the master of every bucket. An implementation is made from its settings alone, without
 * other parts of a node, and is thread-safe.
 *
 * <ul>
 *   <li>Rule HS-1: pure: the same view gives the same map on every node and in every process,
 *       whatever was proposed before. So the hash function is a fixed one (never {@code hashCode}),
 *       and a result of floating-point arithmetic counts only if the language specifies every bit
 *       of it.
 *   <li>Rule HS-2: every bucket is assigned to a member of the view.
 *   <li>Rule HS-3: the map depends only on the members' ids and weights, not on hosts, ports,
 *       incarnations or the epoch.
 *   <li>Rule HS-4: a strategy that honours weights gives the members buckets in proportion to them,
 *       as closely as it documents. The map of one that ignores weights depends on the ids alone.
 *   <li>Rule HS-5: the strategy documents which buckets move when a member joins or leaves, beside
 *       those that the member gets or had.
 * </ul>
 */
public interface HashStrategy {
  /**
   * Proposes the bucket map of a view.
   *
   * @return {@link Buckets#COUNT} node ids, indexed by bucket; a new array
   */
  int[] propose(View view);

  /**
   * Whether the members' weights count. A node whose configuration gives members different weights
   * does not start with a strategy that ignores them.
   */
  default boolean honoursWeights() {
    return false;
  }
}
