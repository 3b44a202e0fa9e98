// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.spi.transport.Payload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/** Native memory that counts how often it is given back, and is overwritten when it is. */
final class TestPayload implements Payload {
  final AtomicInteger releases = new AtomicInteger();
  private final MemorySegment segment;
  private final Runnable onRelease;

  TestPayload(int bytes, byte fill, Runnable onRelease) {
    this.segment = Arena.ofAuto().allocate(bytes);
    this.segment.fill(fill);
    this.onRelease = onRelease;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public void released() {
    releases.incrementAndGet();
    segment.fill((byte) 0xEE);
    onRelease.run();
  }

  /** Whether all bytes have that value. */
  static boolean isFilledWith(MemorySegment segment, byte fill) {
    for (long i = 0; i < segment.byteSize(); i++) {
      if (segment.get(ValueLayout.JAVA_BYTE, i) != fill) {
        return false;
      }
    }
    return true;
  }
}
