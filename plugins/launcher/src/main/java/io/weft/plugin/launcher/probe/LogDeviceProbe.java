// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import io.weft.plugin.assembly.LonePart;
import io.weft.plugin.assembly.Plan;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A log device with one log: batches are written one after the other, and each is forced. */
final class LogDeviceProbe implements Probe {
  private static final LogId LOG = new LogId(0, 1);
  private static final long SEGMENT_BYTES = 16L << 20;
  private static final int MOST_BATCH = 1 << 20;
  private static final int COMMON_BATCH = 4 << 10;

  private final LonePart<LogDevice> lone;
  private final LogDevice device;
  private final MemorySegment batch = Arena.global().allocate(MOST_BATCH, 4 << 10);
  private LogSegment segment;
  private long number;
  private long position;

  /** Opens the device, and creates the first segment. */
  LogDeviceProbe(Plan plan) {
    lone = plan.alone(LogDevice.class);
    device = lone.part();
    batch.fill((byte) 'w');
    try {
      device.open();
      segment = device.create(LOG, 0, SEGMENT_BYTES);
    } catch (RuntimeException e) {
      lone.close();
      throw e;
    }
  }

  @Override
  public List<MeasuredValue> measure(String step, long millis, int round) {
    String[] words = step.split(":");
    return switch (words[0]) {
      case "batch" -> batches(Integer.parseInt(words[1]), words[1], millis);
      case "segment" -> segments(millis);
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  private List<MeasuredValue> batches(int bytes, String at, long millis) {
    MemorySegment some = batch.asSlice(0, bytes);
    Times times = new Times();
    long total = 0;
    long end = System.nanoTime() + millis * 1_000_000;
    do {
      if (position + bytes > SEGMENT_BYTES) {
        next();
      }
      long begin = System.nanoTime();
      segment.write(position, some);
      segment.force();
      long ns = System.nanoTime() - begin;
      times.add(ns);
      total += ns;
      position += bytes;
    } while (System.nanoTime() - end < 0);
    int count = times.count();
    List<MeasuredValue> readings = new ArrayList<>(times.median("forceTime", at));
    readings.add(
        new MeasuredValue("rate", at, count * (double) bytes / 1e6 / (total / 1e9), count));
    if (bytes == COMMON_BATCH) {
      readings.addAll(times.percentiles("batchTime"));
    }
    return readings;
  }

  /** Begins the next segment; the device may reuse the space of this one. */
  private void next() {
    segment.close();
    device.release(LOG, number);
    number++;
    segment = device.create(LOG, number, SEGMENT_BYTES);
    position = 0;
  }

  private List<MeasuredValue> segments(long millis) {
    Times times = new Times();
    long end = System.nanoTime() + millis * 1_000_000;
    do {
      long begin = System.nanoTime();
      next();
      times.add(System.nanoTime() - begin);
    } while (System.nanoTime() - end < 0);
    return times.median("segmentTime", "next segment");
  }

  @Override
  public void close() {
    segment.close();
    lone.close();
  }
}
