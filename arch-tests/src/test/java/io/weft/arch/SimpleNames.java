// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Names of top-level classes of production code, without their packages. */
final class SimpleNames {
  private SimpleNames() {}

  /** The names that more than one of the files have, each with its files. */
  static List<String> duplicates(List<Path> files) {
    Map<String, List<Path>> named =
        files.stream()
            .filter(file -> !file.getFileName().toString().endsWith("-info.java"))
            .collect(
                Collectors.groupingBy(
                    file -> file.getFileName().toString().replaceFirst("\\.java$", ""),
                    TreeMap::new,
                    Collectors.toList()));
    return named.entrySet().stream()
        .filter(entry -> entry.getValue().size() > 1)
        .map(entry -> entry.getKey() + ": " + sorted(entry.getValue()))
        .toList();
  }

  private static String sorted(List<Path> files) {
    return files.stream()
        .sorted(Comparator.naturalOrder())
        .map(file -> file.toString().replace('\\', '/'))
        .collect(Collectors.joining(", "));
  }
}
