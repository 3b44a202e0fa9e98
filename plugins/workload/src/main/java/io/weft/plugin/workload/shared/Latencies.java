// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Stage;
import io.weft.api.WeftException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * Latency distributions of several nodes, merged by stage; samples are nanoseconds in the
 * compressed V2 encoding of HdrHistogram. Used by one thread.
 */
public final class Latencies {
  private static final double NS_PER_MICRO = 1000;
  private static final int DIGITS = 3;

  private final Map<Stage, Histogram> byStage = new EnumMap<>(Stage.class);

  /** Creates empty distributions. */
  public Latencies() {
    for (Stage stage : Stage.values()) {
      byStage.put(stage, new Histogram(DIGITS));
    }
  }

  /** A stage as metrics name it, for example {@code local-hit}. */
  public static String stageName(Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** An encoding as text. */
  public static String text(byte[] encoded) {
    return Base64.getEncoder().encodeToString(encoded);
  }

  /**
   * The samples of {@code now} that are not in {@code earlier}.
   *
   * @param earlier an older encoding of the same recorder
   */
  public static byte[] since(byte[] earlier, byte[] now) {
    Histogram difference = decoded(now);
    difference.subtract(decoded(earlier));
    ByteBuffer buffer = ByteBuffer.allocate(difference.getNeededByteBufferCapacity());
    int bytes = difference.encodeIntoCompressedByteBuffer(buffer);
    return Arrays.copyOf(buffer.array(), bytes);
  }

  /**
   * Adds the samples of one node.
   *
   * @param histograms encodings as text, by the name of the stage
   */
  public void add(JsonNode histograms) {
    byStage.forEach(
        (stage, merged) -> {
          JsonNode text = histograms.path(stageName(stage));
          if (text.isTextual()) {
            merged.add(decoded(Base64.getDecoder().decode(text.textValue())));
          }
        });
  }

  /** Number of samples. */
  public long count(Stage stage) {
    return byStage.get(stage).getTotalCount();
  }

  /** A percentile in microseconds; empty without samples. */
  public OptionalDouble micros(Stage stage, double percentile) {
    Histogram samples = byStage.get(stage);
    return samples.getTotalCount() == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(samples.getValueAtPercentile(percentile) / NS_PER_MICRO);
  }

  /** Adds the percentiles for reports under a name; nothing without samples. */
  public void addTo(ObjectNode to, String name, Stage stage) {
    if (count(stage) > 0) {
      ObjectNode percentiles = to.putObject(name);
      Measured.put(percentiles, "p50", micros(stage, 50));
      Measured.put(percentiles, "p99", micros(stage, 99));
      Measured.put(percentiles, "p999", micros(stage, 99.9));
    }
  }

  private static Histogram decoded(byte[] encoded) {
    try {
      return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(encoded), 0);
    } catch (DataFormatException | RuntimeException e) {
      throw new WeftException(
          WorkloadErrors.BAD_COMMAND, "a histogram of " + encoded.length + " bytes is broken", e);
    }
  }
}
