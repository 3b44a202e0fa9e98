// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import java.lang.foreign.MemorySegment;

/**
 * Bytes that a message sends without copying them: a block image in its cache frame.
 *
 * <p>Rule PL-1: from {@link Transport#send} until {@link #released} the bytes do not change and the
 * memory is not reused. Rule PL-2: {@code released} is called exactly once, on any thread, when the
 * peer has acknowledged the message or the session has ended. It must be short.
 */
public interface Payload {
  /** No bytes. */
  Payload NONE =
      new Payload() {
        @Override
        public MemorySegment segment() {
          return MemorySegment.NULL;
        }

        @Override
        public void released() {}
      };

  /** The bytes, in native memory; size 0 if there are none. */
  MemorySegment segment();

  /** Returns the memory to its owner. */
  void released();
}
