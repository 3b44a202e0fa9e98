// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.Member;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A connection that carries the frames of a session. It reads them; its {@link FrameLink} writes
 * them. Owned by the loop of its peer.
 */
public interface PeerConnection {
  /** The owner of the session that the connection carries. Called on the loop. */
  interface Holder {
    /** The peer. */
    Member member();

    /** The peer leaves as planned: it waits for an acknowledgement and closes the connection. */
    void onGoodbye();

    /** Stores a copy of a message for a view that is not installed yet. */
    void park(long epoch, int service, ByteBuffer header, MemorySegment payload);

    /** The connection is closed and its buffers are free. */
    void onDisconnected(PeerConnection broken, Optional<Throwable> cause);
  }

  /** Its writing half. */
  FrameLink link();

  /** The session has been continued: handles frames that arrived together with the handshake. */
  void resumeReading();

  /** Breaks the connection as a failing network would; for tests. */
  void cut();

  /** Closes without notifying the holder. The connection is not used afterwards. */
  void close();
}
