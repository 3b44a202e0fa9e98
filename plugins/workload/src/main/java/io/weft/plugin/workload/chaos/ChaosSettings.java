// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;

/**
 * The settings of a node's part of a chaos run.
 *
 * @param life unique number of this start among all nodes, 1 to 32,767
 * @param blocks number of blocks, each in an extent of its own
 * @param threads worker threads, 1 to 255
 * @param rate operations per second, by all threads together
 * @param seed seed of the operations
 */
public record ChaosSettings(int life, int blocks, int threads, int rate, long seed) {
  /** The file of the blocks. */
  static final int FILE = 1;

  /** Distance of the blocks: each is in another extent, and may have another master. */
  private static final long STRIDE = 64;

  /** The number of a block in its file. */
  static long number(int block) {
    return block * STRIDE;
  }

  /** The block with a number in the file. */
  static int block(long number) {
    return (int) (number / STRIDE);
  }

  /** As a command to the agent. */
  public ObjectNode toCommand() {
    return Json.command("chaos")
        .put("life", life)
        .put("blocks", blocks)
        .put("threads", threads)
        .put("rate", rate)
        .put("seed", Long.toString(seed));
  }

  /** From a command to the agent. */
  public static ChaosSettings from(JsonNode command) {
    return new ChaosSettings(
        Json.integer(command, "life"),
        Json.integer(command, "blocks"),
        Json.integer(command, "threads"),
        Json.integer(command, "rate"),
        Long.parseLong(Json.text(command, "seed")));
  }
}
