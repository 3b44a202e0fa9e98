// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The number of a {@link View}. Views are numbered from 1 without gaps.
 *
 * @param value 1 or larger
 */
public record Epoch(long value) implements Comparable<Epoch> {
  /** The epoch of the first view. */
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
