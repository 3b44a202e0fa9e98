// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockStore;
import jakarta.inject.Inject;

/**
 * The parts that make changes durable.
 *
 * @param store where blocks are read and written
 * @param redo this node's redo log
 * @param strategy decides in which order blocks are recovered
 * @param clock issues the system change numbers of commits
 */
public record Persistence(
    BlockStore store, RedoLog redo, RedoStrategy strategy, LamportClock clock) {
  /** For Guice, and for code that builds a cache without it. */
  @Inject
  public Persistence {}
}
