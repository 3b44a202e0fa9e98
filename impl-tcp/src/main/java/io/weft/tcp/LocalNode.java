// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.NodeId;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.SessionId;
import io.weft.spi.view.Views;
import io.weft.tcp.HandshakeMessage.Hello;

/**
 * What this node is, to itself and to those that it meets: its settings, its identity, its clock,
 * the views that it has been in, and its counters. Thread-safe; nothing in here is changed by the
 * transport but the clock and the counters.
 */
record LocalNode(
    TcpSettings settings,
    NodeSettings node,
    LamportClock clock,
    Views views,
    StorageIdentity storage,
    TcpCounters counters) {

  /** This life of the node. */
  SessionId self() {
    return new SessionId(node.nodeId(), node.incarnation());
  }

  /** The epoch in force. */
  long epoch() {
    return views.epoch();
  }

  /** Whether this node has ever been in a view. */
  boolean isInView() {
    return views.installed().isPresent();
  }

  /** Whether this node is in a view now: the others may not have gone on without it. */
  boolean holdsView() {
    return isInView() && views.leaseHolds();
  }

  /** The life of a node that is a member of the view in force; 0 if none is, or it is not known. */
  long expectedLife(NodeId peer) {
    return views.installed().map(view -> view.incarnation(peer)).orElse(0L);
  }

  /** What this node says to a node that it dials. */
  Hello hello(
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
