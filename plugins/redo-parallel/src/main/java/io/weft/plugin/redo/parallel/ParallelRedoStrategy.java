// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.TouchedFirst;
import jakarta.inject.Inject;

/**
 * Recovers a fixed number of blocks in parallel, in the order of the work; requested blocks come
 * first, in the order of the requests. A block is recovered by one task, so the order of its
 * versions is kept. Immutable.
 */
public final class ParallelRedoStrategy implements RedoStrategy {
  private final int threads;

  /** Creates a strategy. */
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
