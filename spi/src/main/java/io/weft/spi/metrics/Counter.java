// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.metrics;

/** A count that only grows. Thread-safe, allocation-free. */
public interface Counter {
  /** Adds one. */
  void increment();

  /** Adds {@code amount}, 0 or larger. */
  void add(long amount);

  /** The total so far. */
  long sum();
}
