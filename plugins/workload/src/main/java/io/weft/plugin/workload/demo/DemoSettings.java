// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;

/**
 * The settings of a node's part of the demo.
 *
 * @param node index of this node, from 0
 * @param nodes number of nodes
 * @param accounts number of accounts, each in a block of its own
 * @param counters number of counters, each in a block of its own
 * @param threads worker threads
 * @param acknowledging whether every change is reported to the parent before its thread continues
 * @param opened whether the accounts have been opened before
 */
public record DemoSettings(
    int node,
    int nodes,
    int accounts,
    int counters,
    int threads,
    boolean acknowledging,
    boolean opened) {
  /** The file of the accounts. */
  static final int ACCOUNTS = 1;

  /** The file of the counters. */
  static final int COUNTERS = 2;

  /** Initial balance of every account. */
  public static final long INITIAL_BALANCE = 1000;

  /** The settings of another node. */
  DemoSettings forNode(int other) {
    return new DemoSettings(other, nodes, accounts, counters, threads, acknowledging, opened);
  }

  /** The settings of a restarted node. */
  DemoSettings returning(int other) {
    return new DemoSettings(other, nodes, accounts, counters, threads, acknowledging, true);
  }

  /** As a command to the agent. */
  public ObjectNode toCommand() {
    return Json.command("demo")
        .put("node", node)
        .put("nodes", nodes)
        .put("accounts", accounts)
        .put("counters", counters)
        .put("threads", threads)
        .put("acknowledging", acknowledging)
        .put("opened", opened);
  }

  /** From a command to the agent. */
  public static DemoSettings from(JsonNode command) {
    return new DemoSettings(
        Json.integer(command, "node"),
        Json.integer(command, "nodes"),
        Json.integer(command, "accounts"),
        Json.integer(command, "counters"),
        Json.integer(command, "threads"),
        Json.flag(command, "acknowledging"),
        Json.flag(command, "opened"));
  }
}
