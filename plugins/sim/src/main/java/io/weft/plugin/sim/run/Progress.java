// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

/** How far a run has come: what its users have done, and whether they shall do more. */
public final class Progress {
  private final int wanted;
  private int operations;
  private int failures;
  private long steps;
  private long stepsAtOperation;
  private boolean finishing;

  /** Counts up to so many operations. */
  public Progress(int wanted) {
    this.wanted = wanted;
  }

  void operationDone() {
    operations++;
    stepsAtOperation = steps;
  }

  void callFailed() {
    failures++;
  }

  void stepDone() {
    steps++;
  }

  /** Users begin nothing new from here on. */
  public void finish() {
    finishing = true;
  }

  /** Whether users should begin another operation. */
  boolean wantsMore() {
    return operations < wanted && !finishing;
  }

  /** Whether there were as many operations as wanted. */
  public boolean hasEnough() {
    return operations >= wanted;
  }

  public int operations() {
    return operations;
  }

  public int failures() {
    return failures;
  }

  public long steps() {
    return steps;
  }

  long stepsSinceOperation() {
    return steps - stepsAtOperation;
  }
}
