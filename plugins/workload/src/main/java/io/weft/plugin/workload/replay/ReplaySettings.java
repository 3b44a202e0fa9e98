// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;
import java.nio.file.Path;

/**
 * The settings of a node's part of a replay.
 *
 * @param trace the file, absolute
 * @param limit the most requests of the trace
 * @param node index of this node, from 0
 * @param nodes number of nodes
 * @param deal how requests are divided among the nodes
 * @param speed see {@link Pacer}
 * @param threads worker threads
 * @param window most concurrent block accesses
 * @param prefetch whether reads of several blocks are announced before they are made
 */
public record ReplaySettings(
    Path trace,
    int limit,
    int node,
    int nodes,
    Deal deal,
    double speed,
    int threads,
    int window,
    boolean prefetch) {

  /** The settings of another node. */
  ReplaySettings forNode(int other) {
    return new ReplaySettings(trace, limit, other, nodes, deal, speed, threads, window, prefetch);
  }

  /** As a command to the agent. */
  public ObjectNode toCommand() {
    ObjectNode command = Json.command("replay");
    command
        .put("trace", trace.toString())
        .put("limit", limit)
        .put("node", node)
        .put("nodes", nodes)
        .put("deal", deal.toString())
        .put("speed", speed == Pacer.MAX_SPEED ? "max" : Double.toString(speed))
        .put("threads", threads)
        .put("window", window)
        .put("prefetch", prefetch);
    return command;
  }

  /** From a command to the agent. */
  public static ReplaySettings from(JsonNode command) {
    return new ReplaySettings(
        Path.of(Json.text(command, "trace")),
        Json.integer(command, "limit"),
        Json.integer(command, "node"),
        Json.integer(command, "nodes"),
        Deal.named(Json.text(command, "deal")),
        Pacer.parse(Json.text(command, "speed")),
        Json.integer(command, "threads"),
        Json.integer(command, "window"),
        Json.flag(command, "prefetch"));
  }
}
