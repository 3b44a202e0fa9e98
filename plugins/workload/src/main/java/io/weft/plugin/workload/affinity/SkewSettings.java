// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;

/**
 * The settings of a node's part of the run.
 *
 * @param node index of this node, from 0
 * @param nodes number of nodes
 * @param extents of each node
 * @param own share of accesses to them, in percent
 * @param writes share of changes, in percent
 * @param threads worker threads
 */
public record SkewSettings(int node, int nodes, int extents, int own, int writes, int threads) {
  /** The file of all blocks. */
  static final int FILE = 1;

  /** As a command to the agent of a node. */
  ObjectNode toCommand(int other) {
    return Json.command("affinity")
        .put("node", other)
        .put("nodes", nodes)
        .put("extents", extents)
        .put("own", own)
        .put("writes", writes)
        .put("threads", threads);
  }

  /** From a command to the agent. */
  public static SkewSettings from(JsonNode command) {
    return new SkewSettings(
        Json.integer(command, "node"),
        Json.integer(command, "nodes"),
        Json.integer(command, "extents"),
        Json.integer(command, "own"),
        Json.integer(command, "writes"),
        Json.integer(command, "threads"));
  }
}
