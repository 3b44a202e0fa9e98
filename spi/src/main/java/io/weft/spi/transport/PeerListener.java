// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import io.weft.api.NodeId;
import io.weft.api.WeftException;

/** Learns of peers coming and going. Called on transport threads; must not block. */
public interface PeerListener {
  /** The session with {@code peer} is established; called once for each peer. */
  void onConnected(NodeId peer);

  /** {@code peer} has said goodbye; what it sent before has been delivered. */
  void onGoodbye(NodeId peer);

  /** The session with {@code peer} cannot be resumed. At most once for each peer. */
  void onLost(NodeId peer, WeftException reason);
}
