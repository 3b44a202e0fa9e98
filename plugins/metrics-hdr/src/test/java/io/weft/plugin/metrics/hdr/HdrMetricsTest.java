// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LatencySummary;
import io.weft.plugin.tck.MetricsContract;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** The contract, and what recorders add up to. */
final class HdrMetricsTest extends MetricsContract {
  private final HdrMetrics metrics = new HdrMetrics();

  @Override
  protected Metrics metrics() {
    return new HdrMetrics();
  }

  @Test
  void listsInTheOrderOfNames() {
    metrics.counter("b", "Some.");
    metrics.counter("a", "Some.");
    metrics.recorder("d", "Some.");
    metrics.recorder("c", "Some.");
    assertEquals(List.of("a", "b"), List.copyOf(metrics.counters().keySet()));
    assertEquals(List.of("c", "d"), List.copyOf(metrics.recorders().keySet()));
  }

  @Test
  void summarisesInMicroseconds() {
    Recorder recorder = metrics.recorder("r", "Some.");
    assertEquals(LatencySummary.EMPTY, recorder.summary());
    for (int micros = 1; micros <= 1_000; micros++) {
      recorder.record(TimeUnit.MICROSECONDS.toNanos(micros));
    }
    LatencySummary summary = recorder.summary();
    assertEquals(1_000, summary.count());
    assertEquals(500, summary.p50(), 0.5);
    assertEquals(990, summary.p99(), 1);
    assertEquals(999, summary.p999(), 1);
    assertEquals(1_000, summary.max(), 1);
  }

  @Test
  void keepsNanosecondsApartAndClampsWhatIsOutOfRange() {
    Recorder recorder = metrics.recorder("r", "Some.");
    recorder.record(25);
    assertEquals(0.025, recorder.summary().p50());
    recorder.record(-1);
    recorder.record(Long.MAX_VALUE);
    assertEquals(3, recorder.summary().count());
    assertEquals(60_000_000, recorder.summary().max(), 60_000);
  }

  @Test
  void encodesAllSamplesSoThatTheyCanBeMerged() throws DataFormatException {
    Recorder one = metrics.recorder("one", "One.");
    Recorder two = metrics.recorder("two", "Two.");
    one.record(1_000);
    two.record(3_000_000);
    two.record(3_000_000);
    Histogram merged = decoded(one);
    merged.add(decoded(two));
    assertEquals(3, merged.getTotalCount());
    assertEquals(1_000, merged.getValueAtPercentile(10));
    assertTrue(merged.valuesAreEquivalent(3_000_000, merged.getMaxValue()));
    assertEquals(0, decoded(metrics.recorder("none", "None.")).getTotalCount());
  }

  private static Histogram decoded(Recorder recorder) throws DataFormatException {
    return Histogram.decodeFromCompressedByteBuffer(
        ByteBuffer.wrap(recorder.encoded()), HdrRecorder.LONGEST_NS);
  }
}
