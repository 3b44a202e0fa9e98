// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;

/** Counters that count, and recorders that count their samples and keep none. Thread-safe. */
public final class PlainMetrics implements Metrics {
  private static final Pattern NAME =
      Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*(\\.[a-z0-9]+(-[a-z0-9]+)*)*");

  private final Map<String, Counter> counters = new ConcurrentHashMap<>();
  private final Map<String, Recorder> recorders = new ConcurrentHashMap<>();
  private final Set<String> broken = ConcurrentHashMap.newKeySet();

  /** Starts empty. */
  public PlainMetrics() {}

  /** From now on this counter throws, as one that finds no memory would. */
  public void breakCounter(String name) {
    broken.add(name);
  }

  /** The count of that name so far; 0 if nobody has asked for such a counter. */
  public long count(String name) {
    Counter counter = counters.get(name);
    return counter == null ? 0 : counter.sum();
  }

  @Override
  public Counter counter(String name, String description) {
    check(name, description);
    return counters.computeIfAbsent(name, _ -> new Sum(name, new LongAdder()));
  }

  @Override
  public Recorder recorder(String name, String description) {
    check(name, description);
    return recorders.computeIfAbsent(name, _ -> new Samples(new LongAdder()));
  }

  @Override
  public Map<String, Counter> counters() {
    return Map.copyOf(counters);
  }

  @Override
  public Map<String, Recorder> recorders() {
    return Map.copyOf(recorders);
  }

  private static void check(String name, String description) {
    if (!NAME.matcher(name).matches() || description.isBlank()) {
      throw new IllegalArgumentException("metric \"" + name + "\": \"" + description + "\"");
    }
  }

  private final class Sum implements Counter {
    private final String name;
    private final LongAdder adder;

    Sum(String name, LongAdder adder) {
      this.name = name;
      this.adder = adder;
    }

    @Override
    public void increment() {
      add(1);
    }

    @Override
    public void add(long amount) {
      if (broken.contains(name)) {
        throw new IllegalStateException("planted: " + name + " is broken");
      }
      adder.add(amount);
    }

    @Override
    public long sum() {
      return adder.sum();
    }
  }

  private record Samples(LongAdder adder) implements Recorder {
    @Override
    public void record(long nanos) {
      adder.increment();
    }

    @Override
    public LatencySummary summary() {
      return new LatencySummary(adder.sum(), 0, 0, 0, 0);
    }

    @Override
    public byte[] encoded() {
      return new byte[0];
    }
  }
}
