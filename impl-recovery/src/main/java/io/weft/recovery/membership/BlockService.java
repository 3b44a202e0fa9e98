// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.session.LamportClock;
import jakarta.inject.Inject;

/**
 * The parts of this node that serve and change blocks. A view is installed in them, a recovery
 * passes redo to them, a checkpoint writes back what they have changed.
 *
 * @param directory which node masters which block
 * @param cache the blocks of this node
 * @param redo the redo log of this node
 * @param clock the system change numbers of this node
 */
public record BlockService(
    ResourceDirectory directory, CoherentCache cache, RedoLog redo, LamportClock clock) {
  /** For Guice, and for tests that construct a membership by hand. */
  @Inject
  public BlockService {}
}
