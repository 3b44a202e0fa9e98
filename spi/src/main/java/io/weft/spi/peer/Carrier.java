// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import java.util.Queue;

/**
 * How the bytes of one peer travel: what a transport supplies for it.
 *
 * @param <H> the handshakes of the transport
 */
public interface Carrier<H extends Handshake> {
  /** The thread that owns the peer. */
  PeerLoop loop();

  /** Connects to the peer. */
  Connecting.Dialler<H> dialler();

  /** Decides for a new outbox when queued messages leave. */
  Outbox.Window newWindow();

  /** An empty queue without bound, for many threads that offer and one that polls. */
  Queue<OutboundMessage> newInbox();

  /**
   * Runs a task on the loop, to which a handshake that was begun by the other side belongs from
   * then on. On the thread of the handshake.
   */
  void adopt(H handshake, Runnable then);

  /**
   * Ends a handshake that has succeeded; from now on its connection carries the frames of a
   * session. On the loop.
   *
   * @param holder receives the events of the connection
   * @param outbox the sending half of the session
   * @param in the receiving half of the session
   */
  PeerConnection handOver(
      H handshake, PeerConnection.Holder holder, Outbox outbox, InboundSession in);
}
