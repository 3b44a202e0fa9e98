// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.layers.low;

import io.weft.plugin.planted.layers.high.First;

/** Uses a higher layer. */
public final class Low {
  private Low() {}

  /** What it may not know. */
  public static Class<?> higher() {
    return First.class;
  }
}
