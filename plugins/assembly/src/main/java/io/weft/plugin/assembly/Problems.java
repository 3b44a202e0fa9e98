// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.ConfigOrigin;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import java.util.ArrayList;
import java.util.List;

/** Collects all mistakes of a configuration. Used by one thread. */
final class Problems {
  private final List<Problem> list = new ArrayList<>();

  void add(ErrorCode code, ConfigOrigin origin, String key, String message) {
    add(code, Place.of(origin), key, message);
  }

  void add(ErrorCode code, Place place, String key, String message) {
    Problem problem = new Problem(code, place, key, message);
    if (!list.contains(problem)) {
      list.add(problem);
    }
  }

  List<Problem> list() {
    return List.copyOf(list);
  }

  /** All problems, numbered, as one error. */
  static WeftException asError(List<Problem> problems) {
    StringBuilder text = new StringBuilder();
    text.append(problems.size() == 1 ? "the configuration has a problem:" : "");
    if (problems.size() != 1) {
      text.append("the configuration has ").append(problems.size()).append(" problems:");
    }
    for (int i = 0; i < problems.size(); i++) {
      text.append(System.lineSeparator()).append("  ").append(i + 1).append(". ");
      text.append(problems.get(i));
    }
    return new WeftException(AssemblyErrors.CONFIG_INVALID, text.toString());
  }
}
