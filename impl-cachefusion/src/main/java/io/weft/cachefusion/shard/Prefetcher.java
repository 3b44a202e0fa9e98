// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

/** Brings blocks in ahead of use, whichever shard they belong to. Any thread. */
interface Prefetcher {
  /** {@code count} blocks of a file from {@code first} on will be wanted; a hint. */
  void prefetch(int file, long first, int count);
}
