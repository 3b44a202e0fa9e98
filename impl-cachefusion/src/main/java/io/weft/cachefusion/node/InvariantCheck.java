// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;

/**
 * Invariant checks that are always on, because a node that continued with a broken state would
 * spread it. Each compares a few fields of the object that is being changed.
 */
public final class InvariantCheck {
  private InvariantCheck() {}

  /**
   * Stops the node unless {@code condition} holds.
   *
   * @param what the invariant, as a sentence
   * @param about the object that violates it; converted to text only then
   * @throws WeftException with {@link CoreErrors#INVARIANT_BROKEN}, which stops the node if it
   *     leaves an event
   */
  public static void holds(boolean condition, String what, Object about) {
    if (!condition) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "invariant \"" + what + "\" broken: " + about);
    }
  }
}
