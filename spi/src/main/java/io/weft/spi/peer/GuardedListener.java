// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.transport.PeerListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Passes events of peers to the listener of the transport; an exception of the listener stops the
 * node. Called by the threads of the transport.
 */
public final class GuardedListener implements PeerListener {
  private static final Logger LOG = System.getLogger(GuardedListener.class.getName());

  private final PeerListener listener;
  private final NodeStop stop;

  /** Guards {@code listener}. */
  public GuardedListener(PeerListener listener, NodeStop stop) {
    this.listener = listener;
    this.stop = stop;
  }

  @Override
  public void onConnected(NodeId peer, long incarnation) {
    stop.guarded(() -> listener.onConnected(peer, incarnation));
  }

  @Override
  public void onDisconnected(NodeId peer, long incarnation) {
    stop.guarded(() -> listener.onDisconnected(peer, incarnation));
  }

  @Override
  public void onGoodbye(NodeId peer, long incarnation) {
    LOG.log(Level.INFO, "{0} leaves as planned", peer);
    stop.guarded(() -> listener.onGoodbye(peer, incarnation));
  }

  @Override
  public void onLost(NodeId peer, long incarnation, WeftException reason) {
    stop.guarded(() -> listener.onLost(peer, incarnation, reason));
  }
}
