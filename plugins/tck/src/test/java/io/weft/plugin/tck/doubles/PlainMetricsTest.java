// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.plugin.tck.MetricsContract;
import io.weft.spi.metrics.Metrics;

/** The metrics that stand for others keep what they keep. */
final class PlainMetricsTest extends MetricsContract {
  @Override
  protected Metrics metrics() {
    return new PlainMetrics();
  }
}
