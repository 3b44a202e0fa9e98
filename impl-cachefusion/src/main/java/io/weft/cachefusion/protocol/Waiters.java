// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.WeftException;

/**
 * The waiting local callers, as the state machines see them. Called when something has changed that
 * a caller may wait for. Implemented by {@link Leases}, which drives the machines.
 */
interface Waiters {
  /**
   * Serves the waiters of an entry, then a revocation, release or write that waited for pins, redo
   * or a disk write. Removes the entry if it is idle.
   */
  void pump(CacheEntry entry);

  /** A block has arrived: the callers that wait now are served during this stay. */
  void entitle(CacheEntry entry);

  /** Fails all waiting callers of the block. */
  void failAll(CacheEntry entry, WeftException reason);
}
