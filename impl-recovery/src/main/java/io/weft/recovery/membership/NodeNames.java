// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Puts the nodes of a bitmap into words, in the order of their ids. */
final class NodeNames {
  private NodeNames() {}

  /** Their ids, with commas. */
  static String names(long nodes) {
    return list(nodes, ", ", node -> "n" + node);
  }

  static String list(long nodes, String between, IntFunction<String> words) {
    return IntStream.range(0, Long.SIZE)
        .filter(node -> (nodes >>> node & 1) != 0)
        .mapToObj(words)
        .collect(Collectors.joining(between));
  }
}
