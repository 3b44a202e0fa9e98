// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

/** What the checker says of one register. */
public sealed interface Verdict {
  /** There is an order. */
  Verdict LINEARIZABLE = new Linearizable();

  /** Whether there certainly is an order. */
  default boolean isGood() {
    return this instanceof Linearizable;
  }

  /** There is an order. */
  record Linearizable() implements Verdict {}

  /**
   * There is none.
   *
   * @param reason operations that cannot be put in order, in words
   */
  record Violation(String reason) implements Verdict {}

  /**
   * The search was given up: nothing is proved, which counts as a failure.
   *
   * @param reason how far it came
   */
  record Unknown(String reason) implements Verdict {}
}
