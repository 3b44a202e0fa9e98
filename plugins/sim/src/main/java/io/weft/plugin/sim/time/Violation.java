// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

/** A broken invariant: ends the simulation of a seed. */
public final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Invariant invariant;

  /** Makes a violation with what was seen. */
  public Violation(Invariant invariant, String detail) {
    super(invariant.title() + ": " + detail);
    this.invariant = invariant;
  }

  /** Makes a violation that an exception revealed. */
  public Violation(Invariant invariant, String detail, Throwable cause) {
    super(invariant.title() + ": " + detail, cause);
    this.invariant = invariant;
  }

  /** The same violation with everything that helps to understand it. */
  public Violation(Violation found, String explained) {
    super(explained, found);
    this.invariant = found.invariant;
    setStackTrace(found.getStackTrace());
  }

  /** What was broken. */
  public Invariant invariant() {
    return invariant;
  }
}
