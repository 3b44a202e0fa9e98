// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;

/**
 * What a node is told about its part of a chaos run.
 *
 * @param life a number that no other start of any node has, 1 to 32,767
 * @param blocks number of blocks, each in an extent of its own
 * @param threads worker threads, 1 to 255
 * @param rate operations in a second, by all threads together
 * @param seed of what the threads do
 */
public record ChaosSettings(int life, int blocks, int threads, int rate, long seed) {
  /** The file of the blocks. */
  static final int FILE = 1;

  /** Blocks are in extents of their own, so that each has a master of its own. */
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
