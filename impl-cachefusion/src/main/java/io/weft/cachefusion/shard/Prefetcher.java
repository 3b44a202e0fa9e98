// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

/** Prefetches blocks of any shard. Any thread. */
interface Prefetcher {
  /** Hint that {@code count} blocks of a file from {@code first} on will be used. */
  void prefetch(int file, long first, int count);
}
