// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import java.util.Locale;

/** Converts Java names to names in the configuration. */
final class Kebab {
  private Kebab() {}

  /** {@code virtualNodes} is {@code virtual-nodes}. */
  static String ofComponent(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
  }

  /** {@code BY_EXTENT} is {@code by-extent}. */
  static String ofConstant(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
