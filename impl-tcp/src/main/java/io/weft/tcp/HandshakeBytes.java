// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.weft.spi.session.HandshakeMessage;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Handshake messages in the buffers of connections. Stateless. */
final class HandshakeBytes {
  private HandshakeBytes() {}

  /** Appends a message. */
  static void encode(HandshakeMessage message, ByteBuf out) {
    out.writeBytes(HandshakeMessage.encode(message));
  }

  /**
   * Decodes a message if it is complete, and moves the reader index after it.
   *
   * @throws io.weft.api.WeftException if the bytes cannot be a handshake message
   */
  static Optional<HandshakeMessage> decode(ByteBuf in) {
    ByteBuffer received = in.nioBuffer();
    Optional<HandshakeMessage> message = HandshakeMessage.decode(received);
    in.skipBytes(received.position());
    return message;
  }
}
