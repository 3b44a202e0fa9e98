// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LatencySummary;
import io.weft.spi.metrics.Recorder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** Rules MT-1 to MT-3, and what counters and recorders add up to. */
final class HdrMetricsTest {
  private final HdrMetrics metrics = new HdrMetrics();

  @Test
  void givesTheSameObjectForTheSameName() {
    assertSame(metrics.counter("a.b", "One."), metrics.counter("a.b", "Again."));
    assertSame(metrics.recorder("a.b", "One."), metrics.recorder("a.b", "Again."));
  }

  @Test
  void listsWhatItMadeByName() {
    metrics.counter("cache-fusion.disk-reads", "Blocks read from disk.").add(3);
    metrics.counter("cache-fusion.disk-grants", "Grants to read from disk.");
    metrics.recorder("cache-fusion.local-hit", "Local hits.");
    assertEquals(
        List.of("cache-fusion.disk-grants", "cache-fusion.disk-reads"),
        List.copyOf(metrics.counters().keySet()));
    assertEquals(3, metrics.counters().get("cache-fusion.disk-reads").sum());
    assertEquals(List.of("cache-fusion.local-hit"), List.copyOf(metrics.recorders().keySet()));
  }

  @Test
  void refusesNamesThatAreNotDottedKebabCase() {
    for (String name : List.of("", "A", "a b", "a_b", "a..b", ".a", "a.", "a-", "1a")) {
      assertThrows(IllegalArgumentException.class, () -> metrics.counter(name, "Text."), name);
      assertThrows(IllegalArgumentException.class, () -> metrics.recorder(name, "Text."), name);
    }
    assertThrows(IllegalArgumentException.class, () -> metrics.counter("a", " "));
  }

  @Test
  void losesNoCountAndNoSampleOfAnyThread() throws InterruptedException {
    int each = 20_000;
    var counter = metrics.counter("hits", "Hits.");
    var recorder = metrics.recorder("hit-time", "Time of a hit.");
    List<Thread> threads =
        IntStream.range(0, 4)
            .mapToObj(
                t ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              for (int i = 0; i < each; i++) {
                                counter.increment();
                                recorder.record(t * 1_000L + i);
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(4 * each, counter.sum());
    assertEquals(4 * each, recorder.summary().count());
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
