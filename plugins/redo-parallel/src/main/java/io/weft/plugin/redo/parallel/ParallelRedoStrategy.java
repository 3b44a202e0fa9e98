// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.TouchedFirst;
import jakarta.inject.Inject;

/**
 * A fixed number of blocks at a time, in the order of the work; touched blocks come first, in the
 * order of touching. A block is one unit, so the order of its versions is kept. Immutable.
 */
public final class ParallelRedoStrategy implements RedoStrategy {
  private final int threads;

  /** Makes a strategy; it holds nothing but its setting. */
  @Inject
  public ParallelRedoStrategy(ParallelSettings settings) {
    this.threads = settings.threads();
  }

  @Override
  public String name() {
    return "parallel";
  }

  @Override
  public RedoRun start(RedoWork work) {
    return RedoPump.start(work, new TouchedFirst(work.blocks().size(), threads));
  }
}
