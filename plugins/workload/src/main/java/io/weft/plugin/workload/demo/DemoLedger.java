// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * The acknowledged changes as reported to the parent, independent of the fate of the node that made
 * them. Thread-safe.
 */
final class DemoLedger {
  /** No counter: the change was no increment. */
  static final int NO_COUNTER = -1;

  private static final String EVENT = "ack";

  private final AtomicLongArray increments;
  private final LongAdder blocks = new LongAdder();

  /** Creates an empty ledger for {@code counters} counters. */
  DemoLedger(int counters) {
    increments = new AtomicLongArray(counters);
  }

  /** The event that reports an acknowledged change. */
  static ObjectNode acknowledgement(int counter, int blocks) {
    return Json.event(EVENT).put("counter", counter).put("blocks", blocks);
  }

  /** Records an event if it is an acknowledgement; returns whether it was. */
  boolean enter(ObjectNode event) {
    if (!event.path("event").asText().equals(EVENT)) {
      return false;
    }
    int counter = event.path("counter").asInt();
    if (counter != NO_COUNTER) {
      increments.incrementAndGet(counter);
    }
    blocks.add(event.path("blocks").asLong());
    return true;
  }

  /** Acknowledged increments of each counter. */
  long[] increments() {
    long[] copy = new long[increments.length()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = increments.get(i);
    }
    return copy;
  }

  /** Acknowledged changes of blocks. */
  long blocks() {
    return blocks.sum();
  }
}
