// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Receives the messages of one service. May be called on several threads at the same time. */
@FunctionalInterface
public interface MessageHandler {
  /**
   * Handles a message.
   *
   * <p>Rule MH-1: called on a transport thread, which it must not block. Rule MH-2: {@code header}
   * and {@code payload} are valid until it returns. Rule MH-3: an exception that it throws stops
   * the node.
   *
   * @param from the sender's node id
   * @param header the header bytes, from position to limit, big-endian
   * @param payload the payload; size 0 if the message has none
   */
  void onMessage(int from, ByteBuffer header, MemorySegment payload);
}
