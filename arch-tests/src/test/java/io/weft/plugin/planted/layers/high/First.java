// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.layers.high;

import io.weft.plugin.planted.layers.low.Low;

/** Uses a lower layer, as it may, and a class that uses it. */
public final class First {
  private First() {}

  static Class<?> below() {
    return Low.class;
  }

  static int other() {
    return Second.count();
  }
}
