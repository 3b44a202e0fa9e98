// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what must never happen, and keeps the first cases in words. Thread-safe. */
public final class Violations {
  /** How many cases are kept. */
  public static final int KEPT = 5;

  private final AtomicLong count = new AtomicLong();
  private final List<String> first = new ArrayList<>();

  /** Adds one case. */
  public void add(String what) {
    if (count.getAndIncrement() < KEPT) {
      synchronized (first) {
        first.add(what);
      }
    }
  }

  /** How many there were. */
  public long count() {
    return count.get();
  }

  /** The first ones. */
  public List<String> first() {
    synchronized (first) {
      return List.copyOf(first);
    }
  }
}
