// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The number of a {@link View}; views are numbered without gaps from 1.
 *
 * @param value 1 or larger
 */
public record Epoch(long value) implements Comparable<Epoch> {
  /** The first view's. */
  public static final Epoch FIRST = new Epoch(1);

  /** Rejects values below 1. */
  public Epoch {
    if (value < 1) {
      throw new IllegalArgumentException("epoch " + value + " is below 1");
    }
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(value, other.value);
  }
}
