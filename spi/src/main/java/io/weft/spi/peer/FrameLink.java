// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.spi.session.OutboundSession;

/**
 * The writing half of a connection. Owned by the thread that drains the {@link Outbox} to which it
 * is attached.
 */
public interface FrameLink {
  /** Whether only the thread of the peer's loop may write. */
  boolean isLoopOnly();

  /** Records that frames up to this number have been received. The loop's thread. */
  void received(long sequence);

  /** The number up to which frames have been acknowledged to the peer. Any thread. */
  long acknowledged();

  /**
   * Writes a batch of the session's next messages, as far as the connection takes them.
   *
   * @return whether a further batch could be written now
   */
  boolean writeBatch(OutboundSession out);

  /**
   * Sends a separate acknowledgement if none has left since the last frame received.
   *
   * @return false if that has to wait until the connection takes more
   */
  boolean acknowledge();

  /** Frees everything; the connection is closed. */
  void close();
}
