// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.Map;

/** Counts nothing. */
final class NoMetrics implements Metrics {
  @Override
  public Counter counter(String name, String description) {
    return new Counter() {
      @Override
      public void increment() {}

      @Override
      public void add(long amount) {}

      @Override
      public long sum() {
        return 0;
      }
    };
  }

  @Override
  public Recorder recorder(String name, String description) {
    return new Recorder() {
      @Override
      public void record(long nanos) {}

      @Override
      public LatencySummary summary() {
        return LatencySummary.EMPTY;
      }

      @Override
      public byte[] encoded() {
        return new byte[0];
      }
    };
  }

  @Override
  public Map<String, Counter> counters() {
    return Map.of();
  }

  @Override
  public Map<String, Recorder> recorders() {
    return Map.of();
  }
}
