// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;

/**
 * Checks that are always on, because a node that goes on with a broken state would spread it. They
 * compare a few fields of what is being changed, never more.
 */
public final class InvariantCheck {
  private InvariantCheck() {}

  /**
   * Stops the node unless {@code condition} holds.
   *
   * @param what the invariant, as a sentence
   * @param about what breaks it; made text only then
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
