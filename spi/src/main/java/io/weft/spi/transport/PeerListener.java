// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import io.weft.api.NodeId;
import io.weft.api.WeftException;

/**
 * Learns of peers coming and going. Called on transport threads; must not block. A peer is one life
 * of a node: after the end of one session the next life of the node may connect.
 */
public interface PeerListener {
  /** The session with this life of {@code peer} is established; called once for each life. */
  void onConnected(NodeId peer, long incarnation);

  /**
   * The connection broke; the session may still be resumed. A process that was killed shows this at
   * once.
   */
  default void onDisconnected(NodeId peer, long incarnation) {}

  /** {@code peer} has said goodbye; what it sent before has been delivered. */
  void onGoodbye(NodeId peer, long incarnation);

  /**
   * This life of {@code peer} and this life of the node will not exchange anything any more: the
   * session cannot be resumed, or the peer has been restarted, or it refuses this node. At most
   * once for each life; only with {@link TransportErrors#EVICTED}, by which the peer says that this
   * life of the node has been evicted, also for a life that was lost or never connected.
   */
  void onLost(NodeId peer, long incarnation, WeftException reason);
}
