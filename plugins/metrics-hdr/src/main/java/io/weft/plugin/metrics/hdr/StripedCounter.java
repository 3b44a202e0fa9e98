// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import io.weft.spi.metrics.Counter;
import java.util.concurrent.atomic.LongAdder;

/**
 * A counter whose threads do not contend for one memory location; reading it costs more than
 * adding.
 */
final class StripedCounter implements Counter {
  private final LongAdder total = new LongAdder();

  @Override
  public void increment() {
    total.increment();
  }

  @Override
  public void add(long amount) {
    assert amount >= 0 : "a counter does not fall: " + amount;
    total.add(amount);
  }

  @Override
  public long sum() {
    return total.sum();
  }
}
