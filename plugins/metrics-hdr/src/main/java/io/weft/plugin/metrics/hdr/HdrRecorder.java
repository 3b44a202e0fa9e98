// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Recorder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/**
 * A distribution of durations from 1 ns to 60 s with three significant digits; longer ones count as
 * 60 s. Thread-safe. Takes about 220 KB.
 */
final class HdrRecorder implements Recorder {
  /*
   * An AtomicHistogram of fixed range is used instead of HdrHistogram's Recorder. Samples are never
   * reset, so there are no intervals to swap, and a sample costs two atomic additions instead of
   * four. It never resizes, so recording does not allocate. A reader adds up the counts while
   * samples arrive; its result includes all samples recorded before it started.
   */

  /** Longest duration that is distinguished: 60 s. */
  static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);

  /** Significant decimal digits. */
  private static final int DIGITS = 3;

  private static final double NS_PER_MICRO = 1_000.0;

  private final AtomicHistogram samples = new AtomicHistogram(LONGEST_NS, DIGITS);

  @Override
  public void record(long nanos) {
    samples.recordValue(Math.clamp(nanos, 0, LONGEST_NS));
  }

  @Override
  public LatencySummary summary() {
    Histogram all = snapshot();
    if (all.getTotalCount() == 0) {
      return LatencySummary.EMPTY;
    }
    return new LatencySummary(
        all.getTotalCount(),
        all.getValueAtPercentile(50) / NS_PER_MICRO,
        all.getValueAtPercentile(99) / NS_PER_MICRO,
        all.getValueAtPercentile(99.9) / NS_PER_MICRO,
        all.getMaxValue() / NS_PER_MICRO);
  }

  @Override
  public byte[] encoded() {
    Histogram all = snapshot();
    ByteBuffer encoding = ByteBuffer.allocate(all.getNeededByteBufferCapacity());
    int bytes = all.encodeIntoCompressedByteBuffer(encoding);
    return Arrays.copyOf(encoding.array(), bytes);
  }

  private Histogram snapshot() {
    Histogram all = new Histogram(LONGEST_NS, DIGITS);
    all.add(samples);
    return all;
  }
}
