// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.serial;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.TouchedFirst;
import jakarta.inject.Inject;

/**
 * One block after the other, in the order of the work; touched blocks come first, in the order of
 * touching. The least load on storage and processors, the easiest to follow, and the longest way.
 * Immutable.
 */
public final class SerialRedoStrategy implements RedoStrategy {
  /** Makes a strategy; it holds nothing. */
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
