// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.api.Category;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;

/**
 * How often one thread or access puts up with being refused for the moment. Used by one thread at a
 * time.
 */
public final class Patience {
  /** Pause before a refused call is repeated. */
  public static final long PAUSE_NS = 100_000;

  /** Refusals in a row. */
  private static final int MAX_REFUSALS = 10_000;

  /** Time-outs in a row: each of them is long already. */
  private static final int MAX_TIMEOUTS = 2;

  private int refusals;
  private int timeouts;

  /** The call succeeded, or another one begins. */
  public void reset() {
    refusals = 0;
    timeouts = 0;
  }

  /**
   * Commits, and goes on waiting while the change is in force and not known to be durable: it must
   * not be repeated.
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

  /** Whether a call that ended with this error should be repeated. */
  public boolean bears(Throwable error) {
    return error instanceof WeftException e
        && e.code().category() == Category.RETRYABLE
        && !e.code().equals(CoreErrors.INTERRUPTED)
        && (e.code().equals(CoreErrors.NODE_LEASE_OVER) || isFew(e));
  }

  /** The end of a lease is not counted: either it is renewed, or the node stops. */
  private boolean isFew(WeftException e) {
    return ++refusals <= MAX_REFUSALS
        && (!e.code().equals(CoreErrors.LEASE_TIMEOUT) || ++timeouts <= MAX_TIMEOUTS);
  }
}
