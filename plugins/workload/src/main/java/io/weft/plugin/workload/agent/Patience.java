// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.api.Category;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import java.util.concurrent.locks.LockSupport;

/**
 * Limits how often one thread or access repeats a call after retryable errors. Used by one thread
 * at a time.
 */
public final class Patience {
  /** Pause before a refused call is repeated. */
  public static final long PAUSE_NS = 100_000;

  /** Most consecutive refusals. */
  private static final int MAX_REFUSALS = 10_000;

  /** Most consecutive time-outs; few, because each takes long. */
  private static final int MAX_TIMEOUTS = 2;

  private int refusals;
  private int timeouts;

  /** Resets the counts: the call succeeded, or another one begins. */
  public void reset() {
    refusals = 0;
    timeouts = 0;
  }

  /**
   * Commits a change, and continues to wait while it has taken effect and is not known to be
   * durable: it must not be repeated.
   */
  public static void commit(Change change) {
    int unknown = 0;
    while (true) {
      try {
        change.commit();
        return;
      } catch (WeftException e) {
        if (!e.code().equals(CoreErrors.OUTCOME_UNKNOWN) || ++unknown > MAX_TIMEOUTS) {
          throw e;
        }
      }
    }
  }

  /**
   * Does something that has no effect when it is refused, until it is not. Waits between two tries.
   *
   * @param onRefusal runs after each refusal
   * @throws WeftException the first error that should not be repeated
   */
  public void repeat(Runnable step, Runnable onRefusal) {
    while (true) {
      try {
        step.run();
        reset();
        return;
      } catch (WeftException e) {
        if (!bears(e)) {
          throw e;
        }
        onRefusal.run();
        LockSupport.parkNanos(PAUSE_NS);
      }
    }
  }

  /** Whether a call that ended with this error should be repeated. */
  public boolean bears(Throwable error) {
    return error instanceof WeftException e
        && e.code().category() == Category.RETRYABLE
        && !e.code().equals(CoreErrors.INTERRUPTED)
        && (e.code().equals(CoreErrors.NODE_LEASE_OVER) || isFew(e));
  }

  /** An expired membership lease is not counted: either it is renewed, or the node stops. */
  private boolean isFew(WeftException e) {
    return ++refusals <= MAX_REFUSALS
        && (!e.code().equals(CoreErrors.LEASE_TIMEOUT) || ++timeouts <= MAX_TIMEOUTS);
  }
}
