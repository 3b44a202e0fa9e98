// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.layers.high;

/** Uses the class that uses it. */
final class Second {
  private Second() {}

  static int count() {
    return First.below().getModifiers();
  }
}
