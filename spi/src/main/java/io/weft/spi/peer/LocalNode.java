// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.NodeId;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.SessionId;
import io.weft.spi.view.Views;

/**
 * This node as its transport uses it. Thread-safe. The transport changes only the clock and the
 * counters.
 *
 * @param times the times of its sessions
 * @param node its settings
 * @param clock its clock
 * @param views the view in force
 * @param storage the storage it works on
 * @param counters the counters of the transport
 */
public record LocalNode(
    SessionTimes times,
    NodeSettings node,
    LamportClock clock,
    Views views,
    StorageIdentity storage,
    TransportCounters counters) {

  /** Id and incarnation of this node. */
  public SessionId self() {
    return new SessionId(node.nodeId(), node.incarnation());
  }

  /** The current epoch. */
  public long epoch() {
    return views.epoch();
  }

  /** Whether this node has ever been in a view. */
  public boolean isInView() {
    return views.installed().isPresent();
  }

  /** Whether this node is in a view and its membership lease is valid. */
  public boolean holdsView() {
    return isInView() && views.leaseHolds();
  }

  /** The incarnation of a node in the current view; 0 if it is no member, or not known. */
  public long expectedIncarnation(NodeId peer) {
    return views.installed().map(view -> view.incarnation(peer)).orElse(0L);
  }

  /** The hello of this node to a node that it dials. */
  public Hello hello(
      int to, boolean probe, long knownIncarnation, long received, long over, long evicted) {
    return new Hello(
        HandshakeMessage.VERSION,
        probe,
        node.agreed(),
        storage.id(),
        storage.where(),
        storage.formed(),
        node.nodeId().value(),
        to,
        node.incarnation(),
        knownIncarnation,
        received,
        over,
        evicted);
  }
}
