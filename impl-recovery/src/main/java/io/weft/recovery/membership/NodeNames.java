// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Puts a set of nodes into words, in the order of their ids. */
final class NodeNames {
  /** Most nodes that a text names. */
  private static final int MOST = 32;

  private NodeNames() {}

  /** Their ids, with commas. */
  static String names(NodeSet nodes) {
    return list(nodes, ", ", node -> "n" + node);
  }

  static String list(NodeSet nodes, String between, IntFunction<String> words) {
    String named = nodes.stream().limit(MOST).mapToObj(words).collect(Collectors.joining(between));
    int more = nodes.size() - MOST;
    return more > 0 ? named + between + "and " + more + " more" : named;
  }
}
