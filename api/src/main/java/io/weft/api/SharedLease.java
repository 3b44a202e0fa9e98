// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.lang.foreign.MemorySegment;

/**
 * The right to read one block until it is closed. Belongs to a {@link Scope} and is used by its
 * thread. A closed lease refuses to be used with {@link CoreErrors#ILLEGAL_USE}, but handles are
 * reused when the scope takes another block, so a closed one must be forgotten.
 */
public interface SharedLease extends AutoCloseable {
  /** The file of the block. */
  int file();

  /** The number of the block in its file. */
  long number();

  /** How often the block has been changed; 0 means never written. */
  long version();

  /** The node's present right on the block. */
  BlockMode mode();

  /**
   * The content, read-only, {@link BlockCache#contentBytes()} long, valid until {@link #close}:
   * what is read through it later may be of any block. With assertions ({@code -ea}) such a use
   * fails with {@link IllegalStateException}; without, nothing checks it.
   */
  MemorySegment content();

  /**
   * Ends the lease. What was read counts only when this returns normally.
   *
   * @throws WeftException {@link CoreErrors#NODE_STOPPED} if the node stopped while the lease was
   *     held, so that what was read may be out of date; {@link CoreErrors#NODE_LEASE_OVER} if the
   *     node does not know now whether it is still a member: the lease is closed all the same, and
   *     the reading may be repeated
   */
  @Override
  void close();
}
