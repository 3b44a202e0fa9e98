// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The report of a thread of a chaos run to its parent between two operations: the result of the
 * last operation, and the next write. A write is announced before it begins, so that the parent can
 * explain its value even if the node is killed.
 *
 * @param thread the reporting thread
 * @param ending the result of the operation announced before, or of a read
 * @param accesses its accesses, by block, if it returned
 * @param next the write that begins now
 */
public record OperationLine(
    int thread, Ending ending, List<Access> accesses, Optional<Announcement> next) {
  private static final String EVENT = "op";

  /** How an operation ended. */
  enum Ending {
    /** It returned. */
    DONE,
    /** It failed, and certainly had no effect. */
    NOTHING,
    /** The outcome is unknown. */
    OPEN,
    /** No operation: the thread begins or ends. */
    IDLE
  }

  /**
   * An access of a completed operation to one block.
   *
   * @param block index of the block, from 0
   * @param writes whether it wrote
   * @param observed the value read
   * @param written the value written, if it wrote
   * @param version the version read or written
   * @param invokeNs monotonic time of the call, in nanoseconds
   * @param completeNs monotonic time of the return
   */
  record Access(
      int block,
      boolean writes,
      long observed,
      long written,
      long version,
      long invokeNs,
      long completeNs) {}

  /**
   * A write that may begin.
   *
   * @param written its value, in all blocks
   * @param sinceNs a time not later than its call
   * @param blocks the blocks that it writes
   */
  record Announcement(long written, long sinceNs, List<Integer> blocks) {
    /** Copies the list. */
    Announcement {
      blocks = List.copyOf(blocks);
    }
  }

  /** Copies the list. */
  public OperationLine {
    accesses = List.copyOf(accesses);
  }

  /** As an event. */
  ObjectNode toEvent() {
    ObjectNode event = Json.event(EVENT).put("t", thread).put("e", ending.ordinal());
    if (!accesses.isEmpty()) {
      var numbers = event.putArray("a");
      for (Access access : accesses) {
        numbers
            .add(access.block())
            .add(access.writes() ? 1 : 0)
            .add(access.observed())
            .add(access.written())
            .add(access.version())
            .add(access.invokeNs())
            .add(access.completeNs());
      }
    }
    next.ifPresent(
        write -> {
          var numbers = event.putArray("n").add(write.written()).add(write.sinceNs());
          write.blocks().forEach(numbers::add);
        });
    return event;
  }

  /** Decodes an event; empty if it is of another kind. */
  static Optional<OperationLine> from(ObjectNode event) {
    if (!event.path("event").asText().equals(EVENT)) {
      return Optional.empty();
    }
    JsonNode numbers = event.path("a");
    List<Access> accesses = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i += 7) {
      accesses.add(
          new Access(
              numbers.path(i).asInt(),
              numbers.path(i + 1).asInt() == 1,
              numbers.path(i + 2).asLong(),
              numbers.path(i + 3).asLong(),
              numbers.path(i + 4).asLong(),
              numbers.path(i + 5).asLong(),
              numbers.path(i + 6).asLong()));
    }
    return Optional.of(
        new OperationLine(
            event.path("t").asInt(),
            Ending.values()[event.path("e").asInt()],
            accesses,
            announcement(event.path("n"))));
  }

  private static Optional<Announcement> announcement(JsonNode numbers) {
    if (numbers.isEmpty()) {
      return Optional.empty();
    }
    List<Integer> blocks = new ArrayList<>();
    for (int i = 2; i < numbers.size(); i++) {
      blocks.add(numbers.path(i).asInt());
    }
    return Optional.of(
        new Announcement(numbers.path(0).asLong(), numbers.path(1).asLong(), blocks));
  }
}
