// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

/**
 * The improbability of a silence: phi = -log10(1 - F(t)), where F is the distribution function of
 * the time between two heartbeats, assumed to be normal. Phi 8 means that one silence in 10^8 is as
 * long.
 *
 * <p>After Hayashibara, Defago, Yared, Katayama, "The phi accrual failure detector", SRDS 2004.
 */
final class Phi {
  /*
   * 1 - F is the tail Q(y) of the standard normal distribution at y = (t - mean) / deviation. It is
   * computed as a tail: 1 - F(t) with F near 1 would lose all digits at about phi 15. Q(y) =
   * erfc(y / sqrt 2) / 2 with the Chebyshev fit of erfc of Press et al., "Numerical Recipes",
   * section 6.2, whose relative error is below 1.2e-7 everywhere. It is a product with exp(-z^2),
   * so its logarithm is taken term by term and nothing underflows, however long the silence.
   */
  private static final double[] FIT = {
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277
  };

  private Phi() {}

  static double of(double silence, double mean, double deviation) {
    double y = (silence - mean) / deviation;
    return -lnTail(y) / Math.log(10);
  }

  /** Natural logarithm of the tail of the standard normal distribution. */
  static double lnTail(double y) {
    double z = Math.abs(y) / Math.sqrt(2);
    double t = 1 / (1 + z / 2);
    double fit = 0;
    for (int i = FIT.length - 1; i >= 0; i--) {
      fit = fit * t + FIT[i];
    }
    double lnUpper = Math.log(t / 2) - z * z + fit;
    return y >= 0 ? lnUpper : Math.log1p(-Math.exp(lnUpper));
  }
}
