// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.spi.transport.Payload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Counts how often it is given back. */
final class CountedPayload implements Payload {
  private final MemorySegment segment;
  int releases;

  CountedPayload(int bytes) {
    segment = Arena.ofAuto().allocate(bytes);
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public void released() {
    releases++;
  }
}
