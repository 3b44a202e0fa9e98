// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;

/** Says which rule was broken, where, and how to repair it. */
final class Verdict {

  private Verdict() {}

  /** Fails if there are violations. */
  static void on(String rule, String remedy, List<String> violations) {
    if (!violations.isEmpty()) {
      fail(
          "Rule: %s.%nTo fix: %s%n  %s%n".formatted(rule, remedy, String.join("\n  ", violations)));
    }
  }
}
