// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The right to change one block, held by a {@link Change} until it commits or aborts. {@link
 * #content} is read-only, as in a shared lease. Ranges are written through {@link Change#writable}.
 */
public interface ExclusiveLease extends SharedLease {
  /**
   * Ends the lease before its change ends.
   *
   * @throws WeftException {@link CoreErrors#ILLEGAL_USE} if a range of the block has been declared
   *     writable: such a lease lasts until commit or abort
   */
  @Override
  void close();
}
