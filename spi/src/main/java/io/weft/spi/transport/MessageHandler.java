// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Receives the messages of one service. */
@FunctionalInterface
public interface MessageHandler {
  /**
   * Handles a message.
   *
   * <p>Rule MH-1: called on a transport thread, which it must not block. Rule MH-2: {@code header}
   * and {@code payload} are valid until it returns. Rule MH-3: what it throws stops the node.
   *
   * @param from the sender's node id
   * @param header from position to limit, big-endian
   * @param payload size 0 if the message has none
   */
  void onMessage(int from, ByteBuffer header, MemorySegment payload);
}
