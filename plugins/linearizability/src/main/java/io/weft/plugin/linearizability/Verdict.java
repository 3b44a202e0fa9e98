// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

/** The result of the check of one register. */
public sealed interface Verdict {
  /** There is an order. */
  Verdict LINEARIZABLE = new Linearizable();

  /** Whether the register is certainly linearizable. */
  default boolean isGood() {
    return this instanceof Linearizable;
  }

  /** There is an order. */
  record Linearizable() implements Verdict {}

  /**
   * There is no order.
   *
   * @param reason the operations that cannot be ordered, as text
   */
  record Violation(String reason) implements Verdict {}

  /**
   * The search was given up: nothing is proved. Counts as a failure.
   *
   * @param reason the progress of the search, as text
   */
  record Unknown(String reason) implements Verdict {}
}
