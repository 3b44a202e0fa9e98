// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.HashMap;
import java.util.Map;

/** Counters that count, and recorders that do not record. */
final class CountingMetrics implements Metrics {
  private final Map<String, Counter> counters = new HashMap<>();

  long count(String name) {
    return counters.get(name).sum();
  }

  @Override
  public Counter counter(String name, String description) {
    return counters.computeIfAbsent(name, _ -> new Sum());
  }

  @Override
  public Recorder recorder(String name, String description) {
    return new Recorder() {
      @Override
      public void record(long nanos) {}

      @Override
      public LatencySummary summary() {
        throw new UnsupportedOperationException();
      }

      @Override
      public byte[] encoded() {
        return new byte[0];
      }
    };
  }

  @Override
  public Map<String, Counter> counters() {
    return counters;
  }

  @Override
  public Map<String, Recorder> recorders() {
    return Map.of();
  }

  private static final class Sum implements Counter {
    private long sum;

    @Override
    public void increment() {
      sum++;
    }

    @Override
    public void add(long amount) {
      sum += amount;
    }

    @Override
    public long sum() {
      return sum;
    }
  }
}
