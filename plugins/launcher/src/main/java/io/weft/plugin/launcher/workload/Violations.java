// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what must never happen, and keeps the first cases in words. Thread-safe. */
final class Violations {
  /** How many cases are kept. */
  static final int KEPT = 5;

  private final AtomicLong count = new AtomicLong();
  private final List<String> first = new ArrayList<>();

  /** Adds one case. */
  void add(String what) {
    if (count.getAndIncrement() < KEPT) {
      synchronized (first) {
        first.add(what);
      }
    }
  }

  /** How many there were. */
  long count() {
    return count.get();
  }

  /** The first ones. */
  List<String> first() {
    synchronized (first) {
      return List.copyOf(first);
    }
  }
}
