// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

/** How far a run has come: what its users have done, and whether they shall do more. */
final class Progress {
  private final int wanted;
  private int operations;
  private int failures;
  private long steps;
  private long stepsAtOperation;
  private boolean finishing;

  /** Counts up to so many operations. */
  Progress(int wanted) {
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
  void finish() {
    finishing = true;
  }

  /** Whether users should begin another operation. */
  boolean wantsMore() {
    return operations < wanted && !finishing;
  }

  /** Whether there were as many operations as wanted. */
  boolean hasEnough() {
    return operations >= wanted;
  }

  int operations() {
    return operations;
  }

  int failures() {
    return failures;
  }

  long steps() {
    return steps;
  }

  long stepsSinceOperation() {
    return steps - stepsAtOperation;
  }
}
