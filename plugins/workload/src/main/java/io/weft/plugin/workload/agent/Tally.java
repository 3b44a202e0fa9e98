// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Violations;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** The counts of the work of one node, and its violations. Thread-safe. */
public final class Tally {
  /** Requests (replay) or operations (demo) done. */
  public final LongAdder requests = new LongAdder();

  /** Blocks read. */
  public final LongAdder blockReads = new LongAdder();

  /** Blocks changed, acknowledged. */
  public final LongAdder blockWrites = new LongAdder();

  /** Counters updated under a global lock. */
  public final LongAdder lockedUpdates = new LongAdder();

  /** Calls that were refused with a retryable error and repeated. */
  public final LongAdder retries = new LongAdder();

  /** The longest time that an operation took, in nanoseconds; 0 if none was measured. */
  public final LongAccumulator longestNs = new LongAccumulator(Math::max, 0);

  /** Violations of the guarantees. */
  public final Violations violations = new Violations();

  /** Adds the figures under their names. */
  public void addTo(ObjectNode to) {
    to.put("requests", requests.sum())
        .put("blockReads", blockReads.sum())
        .put("blockWrites", blockWrites.sum())
        .put("retries", retries.sum())
        .put("violations", violations.count());
    addLongestTo(to);
  }

  /** Adds the longest time that an operation took, if one was measured. */
  public void addLongestTo(ObjectNode to) {
    long longest = longestNs.get();
    if (longest > 0) {
      to.put("longestMicros", longest / 1000);
    }
  }

  /** Adds the first violations as texts. */
  public void addViolationsTo(ObjectNode to) {
    var texts = to.putArray("violationTexts");
    violations.first().forEach(texts::add);
  }
}
