// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.spi.session.HandshakeMessage;

/**
 * One end of a new connection until a session takes it over or it is closed. Owned by the loop on
 * which it runs.
 */
public interface Handshake {
  /** The other end, as text for messages. */
  String address();

  /**
   * Writes a message.
   *
   * @param written runs on the loop when frames may follow the message; not at all if the
   *     connection breaks before
   */
  void say(HandshakeMessage message, Runnable written);

  /** Writes a last message, then closes the connection. */
  void sayAndClose(HandshakeMessage message);

  /** Closes the connection without notifying the side. */
  void close();
}
