// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.ondemand;

/**
 * Settings of {@link OnDemandRedoStrategy}.
 *
 * @param background most concurrent recoveries of blocks without a waiting request, 1 to {@value
 *     #MAX_AT_ONCE}
 * @param requested most additional recoveries, of blocks that requests wait for, 1 to {@value
 *     #MAX_AT_ONCE}
 */
public record OnDemandSettings(int background, int requested) {
  /** Largest value of both settings. */
  public static final int MAX_AT_ONCE = 64;

  /** As in {@code reference.conf}. */
  public static final OnDemandSettings DEFAULTS = new OnDemandSettings(16, 16);

  /** Checks the ranges. */
  public OnDemandSettings {
    check("background", background);
    check("requested", requested);
  }

  private static void check(String key, int value) {
    if (value < 1 || value > MAX_AT_ONCE) {
      throw new IllegalArgumentException(
          "weft.redo-strategy.ondemand." + key + " = " + value + " is outside 1 to " + MAX_AT_ONCE);
    }
  }
}
