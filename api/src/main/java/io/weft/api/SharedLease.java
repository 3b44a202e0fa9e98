// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.lang.foreign.MemorySegment;

/**
 * The right to read one block until the lease is closed. It belongs to a {@link Scope} and is used
 * by the thread of that scope. Methods of a closed lease throw {@link CoreErrors#ILLEGAL_USE}. The
 * scope reuses lease objects for other blocks, so keep no reference to a closed lease.
 */
public interface SharedLease extends AutoCloseable {
  /** The file of the block. */
  int file();

  /** The number of the block in its file. */
  long number();

  /** The version of the block: the number of its changes; 0 means never written. */
  long version();

  /** The mode in which this node holds the block now. */
  BlockMode mode();

  /**
   * The content: a read-only segment of {@link BlockCache#contentBytes()} bytes, valid until {@link
   * #close}. A later read through it may return bytes of another block. With assertions enabled
   * ({@code -ea}) such an access fails with {@link IllegalStateException}. Without assertions it is
   * not detected.
   */
  MemorySegment content();

  /**
   * Ends the lease. What was read is valid only if this call returns normally.
   *
   * @throws WeftException {@link CoreErrors#NODE_STOPPED} if the node stopped while the lease was
   *     held, so that what was read may be out of date; {@link CoreErrors#NODE_LEASE_OVER} if the
   *     membership lease of the node has expired, so that the node cannot tell whether it is still
   *     a member: the block lease is closed in any case, and the caller may read again
   */
  @Override
  void close();
}
