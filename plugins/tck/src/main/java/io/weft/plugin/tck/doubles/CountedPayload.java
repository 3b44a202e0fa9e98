// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.spi.transport.Payload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/** Memory that counts how often it is given back. Thread-safe. */
public final class CountedPayload implements Payload {
  private static final byte SPOILT = (byte) 0xEE;

  private final AtomicInteger releases = new AtomicInteger();
  private final MemorySegment segment;
  private final Runnable onRelease;

  /** Bytes that stay as they are when they are given back. */
  public CountedPayload(MemorySegment segment) {
    this(segment, () -> {});
  }

  private CountedPayload(MemorySegment segment, Runnable onRelease) {
    this.segment = segment;
    this.onRelease = onRelease;
  }

  /** Native memory of one value, which is overwritten when it is given back. */
  public static CountedPayload filled(int bytes, byte fill, Runnable onRelease) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes);
    memory.fill(fill);
    return new CountedPayload(
        memory,
        () -> {
          memory.fill(SPOILT);
          onRelease.run();
        });
  }

  /** How often it has been given back. */
  public int releases() {
    return releases.get();
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public void released() {
    releases.incrementAndGet();
    onRelease.run();
  }

  /** Whether all bytes have that value. */
  public static boolean isFilledWith(MemorySegment segment, byte fill) {
    for (long i = 0; i < segment.byteSize(); i++) {
      if (segment.get(ValueLayout.JAVA_BYTE, i) != fill) {
        return false;
      }
    }
    return true;
  }
}
