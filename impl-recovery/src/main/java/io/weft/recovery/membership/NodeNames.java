// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Puts a set of nodes into words, in the order of their ids. */
final class NodeNames {
  private NodeNames() {}

  /** Their ids, with commas. */
  static String names(NodeSet nodes) {
    return list(nodes, ", ", node -> "n" + node);
  }

  static String list(NodeSet nodes, String between, IntFunction<String> words) {
    return nodes.stream().mapToObj(words).collect(Collectors.joining(between));
  }
}
