// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.Map;
import java.util.TreeMap;

/** Metrics of a simulated node: counters that count, recorders that only count. */
final class SimMetrics implements Metrics {
  private final Map<String, Counter> counters = new TreeMap<>();
  private final Map<String, Recorder> recorders = new TreeMap<>();

  /** Starts empty. */
  public SimMetrics() {}

  @Override
  public Counter counter(String name, String description) {
    return counters.computeIfAbsent(name, unused -> new PlainCounter());
  }

  @Override
  public Recorder recorder(String name, String description) {
    return recorders.computeIfAbsent(name, unused -> new CountingRecorder());
  }

  @Override
  public Map<String, Counter> counters() {
    return Map.copyOf(counters);
  }

  @Override
  public Map<String, Recorder> recorders() {
    return Map.copyOf(recorders);
  }

  private static final class PlainCounter implements Counter {
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

  private static final class CountingRecorder implements Recorder {
    private long count;

    @Override
    public void record(long nanos) {
      count++;
    }

    @Override
    public LatencySummary summary() {
      return new LatencySummary(count, 0, 0, 0, 0);
    }

    @Override
    public byte[] encoded() {
      return new byte[0];
    }
  }
}
