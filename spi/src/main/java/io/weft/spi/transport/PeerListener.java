// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import io.weft.api.NodeId;
import io.weft.api.WeftException;

/**
 * Receives the session events of peers. Called on transport threads; must not block. A peer is one
 * incarnation of a node. After its session has ended, a later incarnation of the node may connect.
 */
public interface PeerListener {
  /**
   * The session with this incarnation of {@code peer} is established. Called once for each
   * incarnation.
   */
  void onConnected(NodeId peer, long incarnation);

  /**
   * The connection broke. The session may still be resumed. When a peer process is killed, this is
   * called at once.
   */
  default void onDisconnected(NodeId peer, long incarnation) {}

  /** {@code peer} has sent its goodbye. All its earlier messages have been delivered. */
  void onGoodbye(NodeId peer, long incarnation);

  /**
   * No further message will be exchanged between this incarnation of {@code peer} and this
   * incarnation of the local node. The session cannot be resumed, or the peer has been restarted,
   * or it refuses this node. Called at most once for each incarnation, with one exception: {@link
   * TransportErrors#EVICTED}, by which the peer reports that this incarnation of the local node has
   * been evicted. That one may also come from an incarnation that was lost before, or never
   * connected.
   */
  void onLost(NodeId peer, long incarnation, WeftException reason);
}
