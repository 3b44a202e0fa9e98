// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import java.util.Set;

/**
 * Which requests a shard counts as a master.
 *
 * @param buckets counted at once; 0 for none
 * @param systemFiles files whose buckets never move
 */
public record CountedRequests(int buckets, Set<Integer> systemFiles) {
  /** Copies the set. */
  public CountedRequests {
    systemFiles = Set.copyOf(systemFiles);
  }
}
