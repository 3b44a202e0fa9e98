// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import jakarta.inject.Inject;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Metrics kept in this process: striped counters and HdrHistogram recorders. Thread-safe. */
public final class HdrMetrics implements Metrics {
  private static final Pattern NAME =
      Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*(\\.[a-z0-9]+(-[a-z0-9]+)*)*");

  private final Map<String, Counter> counters = new ConcurrentHashMap<>();
  private final Map<String, Recorder> recorders = new ConcurrentHashMap<>();

  /** Creates an empty registry of metrics. */
  @Inject
  public HdrMetrics() {}

  @Override
  public Counter counter(String name, String description) {
    check(name, description);
    return counters.computeIfAbsent(name, _ -> new StripedCounter());
  }

  @Override
  public Recorder recorder(String name, String description) {
    check(name, description);
    return recorders.computeIfAbsent(name, _ -> new HdrRecorder());
  }

  @Override
  public Map<String, Counter> counters() {
    return Collections.unmodifiableMap(new TreeMap<>(counters));
  }

  @Override
  public Map<String, Recorder> recorders() {
    return Collections.unmodifiableMap(new TreeMap<>(recorders));
  }

  private static void check(String name, String description) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("metric name \"" + name + "\" is not dotted kebab-case");
    }
    if (description.isBlank()) {
      throw new IllegalArgumentException("metric " + name + " has no description");
    }
  }
}
