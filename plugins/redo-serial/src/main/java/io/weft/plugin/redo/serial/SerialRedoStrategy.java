// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.serial;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.TouchedFirst;
import jakarta.inject.Inject;

/**
 * Recovers one block after the other, in the order of the work; requested blocks come first, in the
 * order of the requests. Has the least load on storage and processors, and takes the longest time.
 * Immutable.
 */
public final class SerialRedoStrategy implements RedoStrategy {
  /** Creates a strategy. */
  @Inject
  public SerialRedoStrategy() {}

  @Override
  public String name() {
    return "serial";
  }

  @Override
  public RedoRun start(RedoWork work) {
    return RedoPump.start(work, new TouchedFirst(work.blocks().size(), 1));
  }
}
