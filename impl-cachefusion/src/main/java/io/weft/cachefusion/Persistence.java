// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockStore;
import jakarta.inject.Inject;

/**
 * What makes the changes of a cache last.
 *
 * @param store where blocks are read and written
 * @param redo this node's redo log
 * @param strategy in which order blocks are recovered
 * @param clock gives changes their system change numbers
 */
public record Persistence(
    BlockStore store, RedoLog redo, RedoStrategy strategy, LamportClock clock) {
  /** For Guice, and for those who build a cache by hand. */
  @Inject
  public Persistence {}
}
