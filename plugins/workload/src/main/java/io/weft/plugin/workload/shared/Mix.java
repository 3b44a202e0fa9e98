// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

/** A bijection on 64-bit numbers whose results look random. */
public final class Mix {
  private Mix() {}

  /** The image of {@code value}: the finalizer of SplitMix64 (Steele et al., OOPSLA 2014). */
  public static long of(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
