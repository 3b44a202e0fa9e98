// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.WeftException;
import java.util.Optional;
import java.util.UUID;

/**
 * A place that belongs to the storage of a cluster and knows to which: the blocks, the redo logs or
 * the registry. Asked before the place is opened.
 *
 * <ul>
 *   <li>Rule SP-1: blocks for I/O; nothing but {@link #mark} changes anything.
 *   <li>Rule SP-2: an identity that has been read once is never replaced by another one.
 *   <li>Rule SP-3: what cannot be read throws; it is never taken for missing.
 * </ul>
 */
public interface StoragePlace {
  /** What and where it is, for people, for example {@code the redo logs in /srv/weft/redo}. */
  String where();

  /** The setting that says where it is. */
  String key();

  /**
   * The identity that stands there; empty if there is none.
   *
   * @throws WeftException if it cannot be read, or is damaged
   */
  Optional<UUID> identity();

  /** Whether it holds nothing of a former life: no blocks, no logs, no records. */
  boolean isBlank();

  /**
   * Writes the identity unless one is there; durable when it returns.
   *
   * @return the one that is there now
   */
  UUID mark(UUID identity);

  /** Whether it is still there when all nodes have ended. */
  default boolean outlivesProcess() {
    return true;
  }
}
