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
 * What a thread of a chaos run tells its parent between two operations: how the last one ended, and
 * which write comes next. A write is announced before it begins, so that the parent knows of it
 * even if the node dies, and its value stays explained.
 *
 * @param thread who says it
 * @param ending of the operation announced before, or of a read
 * @param accesses what it did, block by block, if it is done
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
    /** Nobody knows. */
    OPEN,
    /** There was no operation: the thread begins or ends. */
    IDLE
  }

  /**
   * What an operation that is done did to one block.
   *
   * @param block its place, from 0
   * @param writes whether it wrote
   * @param observed the value found
   * @param written the value put, if it wrote
   * @param version read or made
   * @param invokeNs monotonic time of the call
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
   * @param sinceNs not later than its call
   * @param blocks which it writes
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

  /** The line in an event; empty if it is another one. */
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
