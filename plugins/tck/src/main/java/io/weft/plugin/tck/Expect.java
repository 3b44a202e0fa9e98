// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.function.Executable;

/** What a test expects that is more than a value. */
public final class Expect {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

  private Expect() {}

  /**
   * The call fails with this code.
   *
   * @return the failure, to look at what it says
   */
  public static WeftException failure(ErrorCode code, Executable call) {
    WeftException failure = assertThrows(WeftException.class, call);
    assertEquals(code, failure.code(), failure.getMessage());
    return failure;
  }

  /**
   * What other threads bring about happens; {@code otherwise} says what is wrong if it does not.
   */
  public static void soon(BooleanSupplier event, String otherwise) {
    long start = System.nanoTime();
    while (!event.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE_NS) {
        throw new AssertionError(otherwise);
      }
      Thread.onSpinWait();
    }
  }
}
