// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.WeftException;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.runtime.Setback;
import java.util.function.LongSupplier;

/** Creates the next segment ahead of need. Lack of space is not an error yet. Thread-safe. */
final class NextSegment {
  private static final System.Logger LOG = System.getLogger("io.weft.redo");

  private final Setback lackOfSpace;

  /**
   * Creates it without failures.
   *
   * @param nanoTime monotonic time in nanoseconds
   */
  NextSegment(LongSupplier nanoTime) {
    this.lackOfSpace = new Setback(LOG, nanoTime);
  }

  /** Creates the next segment of a log, unless there was no space a short time ago. */
  void prepare(LogWriter writer) {
    if (!lackOfSpace.isOver()) {
      return;
    }
    try {
      writer.prepare();
      lackOfSpace.overcome();
    } catch (WeftException e) {
      if (!e.code().equals(RedoErrors.LOG_FULL)) {
        throw e;
      }
      lackOfSpace.met(
          () ->
              "this node stops when segment "
                  + writer.segment()
                  + " of its redo log is full, unless there is space by then: "
                  + e.getMessage());
    }
  }
}
