// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.lang.foreign.MemorySegment;

/**
 * The right to read one block until it is closed. Belongs to a {@link Scope} and is used by its
 * thread; handles are reused, so a closed one must be forgotten (checked by assertions).
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

  /** The content, read-only, {@link BlockCache#contentBytes()} long, valid until {@link #close}. */
  MemorySegment content();

  /**
   * Ends the lease. What was read counts only when this returns normally.
   *
   * @throws WeftException {@link CoreErrors#NODE_STOPPED} if the node stopped while the lease was
   *     held, so that what was read may be out of date
   */
  @Override
  void close();
}
