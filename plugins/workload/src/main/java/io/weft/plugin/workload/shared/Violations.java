// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Counts violations of the guarantees, and keeps the texts of the first ones. Thread-safe. */
public final class Violations {
  /** Number of texts kept. */
  public static final int KEPT = 5;

  private final AtomicLong count = new AtomicLong();
  private final List<String> first = new ArrayList<>();

  /** Adds a violation. */
  public void add(String what) {
    if (count.getAndIncrement() < KEPT) {
      synchronized (first) {
        first.add(what);
      }
    }
  }

  /** Number of violations. */
  public long count() {
    return count.get();
  }

  /** The texts of the first violations. */
  public List<String> first() {
    synchronized (first) {
      return List.copyOf(first);
    }
  }
}
