// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.NodeId;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.SessionId;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.Protection;
import io.weft.tcp.tls.TlsProtection;
import java.util.function.Consumer;

/**
 * This node as the transport uses it: its settings, identity, clock, views and counters.
 * Thread-safe. The transport changes only the clock and the counters.
 */
record LocalNode(
    TcpSettings settings,
    NodeSettings node,
    LamportClock clock,
    Views views,
    StorageIdentity storage,
    TcpCounters counters) {

  /** Id and incarnation of this node. */
  SessionId self() {
    return new SessionId(node.nodeId(), node.incarnation());
  }

  /** The current epoch. */
  long epoch() {
    return views.epoch();
  }

  /** Whether this node has ever been in a view. */
  boolean isInView() {
    return views.installed().isPresent();
  }

  /** Whether this node is in a view and its membership lease is valid. */
  boolean holdsView() {
    return isInView() && views.leaseHolds();
  }

  /** The incarnation of a node in the current view; 0 if it is no member, or not known. */
  long expectedIncarnation(NodeId peer) {
    return views.installed().map(view -> view.incarnation(peer)).orElse(0L);
  }

  /** The name of a node of this cluster in certificates. */
  CertifiedNode certified(int id) {
    return CertifiedNode.of(node.clusterName(), id);
  }

  /**
   * The protection of connections that the settings choose.
   *
   * @throws io.weft.api.WeftException {@code TLS_FILES} if its files cannot be used
   */
  Protection protection(Consumer<Throwable> onThrown) {
    return TlsProtection.of(
        settings.tls(),
        certified(node.nodeId().value()),
        settings.handshakeTimeout(),
        counters.tlsFailures(),
        counters.tlsReloads(),
        onThrown);
  }

  /** The hello of this node to a node that it dials. */
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
