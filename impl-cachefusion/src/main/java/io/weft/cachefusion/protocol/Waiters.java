// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.WeftException;

/**
 * The local callers that wait for blocks, as the machines below them see them: told when something
 * has changed that they may wait for. Filled by {@link Leases}, which itself drives the machines.
 */
interface Waiters {
  /**
   * Looks at an entry again: serves its waiters, then carries out what waits for pins, redo or the
   * end of a disk write. Ends with forgetting the entry if nothing is left to remember.
   */
  void pump(CacheEntry entry);

  /** A block has arrived: those who wait now get their turn in this visit. */
  void entitle(CacheEntry entry);

  /** Fails everybody who waits for the block. */
  void failAll(CacheEntry entry, WeftException reason);
}
