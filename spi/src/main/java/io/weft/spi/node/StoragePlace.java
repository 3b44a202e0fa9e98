// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.WeftException;
import java.util.Optional;
import java.util.UUID;

/**
 * One place of the storage of a cluster, marked with the identity of the storage: the blocks, the
 * redo logs or the registry. Used before the place is opened.
 *
 * <ul>
 *   <li>Rule SP-1: methods may block for I/O. Only {@link #mark} changes the place.
 *   <li>Rule SP-2: an identity that has been read is never replaced by another one.
 *   <li>Rule SP-3: an unreadable identity is reported by an exception, and never treated as
 *       missing.
 * </ul>
 */
public interface StoragePlace {
  /**
   * A description of the place and its location, as text for an operator, for example {@code the
   * redo logs in /srv/weft/redo}.
   */
  String where();

  /** The key of the setting that names the location. */
  String key();

  /**
   * The identity in this place; empty if there is none.
   *
   * @throws WeftException if the identity cannot be read, or is damaged
   */
  Optional<UUID> identity();

  /**
   * Whether the place is empty: it has no blocks, no logs and no records of earlier incarnations.
   */
  boolean isBlank();

  /**
   * Writes the identity unless there is one already. The identity is durable when this returns.
   *
   * @return the identity that is in this place now
   */
  UUID mark(UUID identity);

  /** Whether the place still exists when all nodes have ended. */
  default boolean outlivesProcess() {
    return true;
  }
}
