// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.run.Report;
import java.util.List;

/**
 * What happened until a moment, in all nodes.
 *
 * @param seconds since the start
 * @param operations accesses of applications
 * @param requests that have reached a master
 * @param remote those of another node than the master
 * @param moves of buckets
 */
record SkewSample(double seconds, long operations, long requests, long remote, long moves) {
  static SkewSample of(double seconds, List<ObjectNode> events) {
    return new SkewSample(
        seconds,
        Report.sum(events, "requests"),
        Report.sum(events, "masterRequests"),
        Report.sum(events, "remoteRequests"),
        Report.sum(events, "movesOut"));
  }

  /** Share of requests of other nodes since an earlier sample, in percent. */
  double remotePercent(SkewSample since) {
    return 100.0 * (remote - since.remote) / Math.max(1, requests - since.requests);
  }

  double operationsPerSecond(SkewSample since) {
    return (operations - since.operations) / Math.max(1e-3, seconds - since.seconds);
  }
}
