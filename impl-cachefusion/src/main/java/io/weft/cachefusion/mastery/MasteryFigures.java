// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.MasteryStatistics;
import io.weft.api.MoveReason;
import java.util.EnumMap;
import java.util.Map;

/** Counts what has moved. Owned by the executor of {@link MasteryService}. */
final class MasteryFigures {
  /**
   * What was seen at the end of a window.
   *
   * @param buckets of this node
   */
  record Seen(
      long buckets, long requests, long remoteRequests, long hot, long warm, double imbalance) {}

  private static final Seen NOTHING = new Seen(0, 0, 0, 0, 0, 1);

  private final Map<MoveReason, Long> in = new EnumMap<>(MoveReason.class);
  private long out;
  private long refused;
  private long allNs;
  private long longestNs;
  private Seen seen = NOTHING;

  void came(MoveReason reason, long buckets) {
    if (buckets > 0) {
      in.merge(reason, buckets, Long::sum);
    }
  }

  void went(long ns) {
    out++;
    allNs += ns;
    longestNs = Math.max(longestNs, ns);
  }

  void refused() {
    refused++;
  }

  void saw(Seen window) {
    seen = window;
  }

  MasteryStatistics snapshot() {
    return new MasteryStatistics(
        seen.buckets(),
        seen.requests(),
        seen.remoteRequests(),
        in,
        out,
        refused,
        out == 0 ? 0 : allNs / out,
        longestNs,
        seen.hot(),
        seen.warm(),
        seen.buckets() - seen.hot() - seen.warm(),
        seen.imbalance());
  }
}
