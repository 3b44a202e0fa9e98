// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.EventLoop;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.peer.GuardedListener;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Peer;
import io.weft.spi.peer.Peers;
import io.weft.spi.peer.Refusals;
import io.weft.spi.peer.Services;
import io.weft.spi.peer.SessionTimes;
import io.weft.spi.peer.TransportCounters;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.Protection;
import io.weft.tcp.tls.TlsProtection;
import jakarta.inject.Inject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The transport over TCP: one connection for each pair of nodes. What it sends, and to whom, is in
 * {@link Peers}; the socket of a peer is a {@link TcpCarrier}.
 */
final class TcpTransport implements Transport {
  /** Longest wait for event loops when the transport closes. */
  private static final long SHUTDOWN_SECONDS = 10;

  private final TcpSettings settings;
  private final LocalNode local;
  private final NodeStop stop;
  private final Services services;
  private final Peers<HandshakeHandler> peers;
  private final Counter tlsFailures;
  private final Counter tlsReloads;
  private Optional<EventLoops> loops = Optional.empty();
  private Optional<ListeningSocket> server = Optional.empty();

  @Inject
  TcpTransport(
      TcpSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics) {
    this.settings = settings;
    this.local =
        new LocalNode(
            new SessionTimes(
                settings.resumeTime(),
                settings.handshakeTimeout(),
                settings.goodbyeTime(),
                settings.acknowledgeDelay()),
            node,
            clock,
            views,
            storage,
            TransportCounters.of(
                metrics,
                "Batches of frames given to the kernel.",
                "Frames refused for checksum or structure."));
    this.tlsFailures =
        metrics.counter("transport.tls-failures", "Connections on which TLS failed, either side.");
    this.tlsReloads =
        metrics.counter("transport.tls-reloads", "Changes of the TLS files that were taken.");
    this.stop = new NodeStop(failure);
    this.services = new Services(local.counters().messagesReceived(), stop);
    this.peers = new Peers<>(local, stop, System::nanoTime);
  }

  @Override
  public String name() {
    return "tcp";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    services.register(service, handler);
  }

  // Start and end

  @Override
  public void start(PeerListener listener) {
    EventLoops started = newLoops(newProtection());
    loops = Optional.of(started);
    stop.tryAgainWith(
        (delayMs, task) -> started.group().schedule(task, delayMs, TimeUnit.MILLISECONDS));
    services.complete();
    Refusals refusals = new Refusals(local.counters().rejectedConnections(), System::nanoTime);
    peers.open(new PeerFactory(started, new GuardedListener(listener, stop), refusals)::make);
    try {
      server = Optional.of(new ListeningSocket(settings, local, started, peers, refusals, stop));
    } catch (WeftException e) {
      close();
      throw e;
    }
    for (Peer<HandshakeHandler> peer : peers.all()) {
      peer.loop().execute(peer::hasten);
    }
  }

  private Protection newProtection() {
    return TlsProtection.of(
        settings.tls(),
        CertifiedNode.of(local.node().clusterName(), local.node().nodeId().value()),
        settings.handshakeTimeout(),
        tlsFailures,
        tlsReloads,
        stop::onThrown);
  }

  private EventLoops newLoops(Protection protection) {
    try {
      return EventLoops.of(settings, protection);
    } catch (WeftException e) {
      protection.close();
      throw e;
    }
  }

  /** Makes peers, which share the event loops. Used by one thread at a time. */
  private final class PeerFactory {
    private final EventLoops started;
    private final GuardedListener listener;
    private final Refusals refusals;
    private final Map<EventLoop, IoLoop> ioLoops = new HashMap<>();

    PeerFactory(EventLoops started, GuardedListener listener, Refusals refusals) {
      this.started = started;
      this.listener = listener;
      this.refusals = refusals;
    }

    Peer<HandshakeHandler> make(Member member) {
      IoLoop loop =
          ioLoops.computeIfAbsent(
              started.group().next(), l -> new IoLoop(l, settings, stop::onThrown));
      TcpCarrier carrier = new TcpCarrier(settings, local, services, loop, started);
      return new Peer<>(local, member, carrier, services, listener, refusals, stop);
    }
  }

  @Override
  public void contacts(List<Member> members) {
    peers.contacts(members);
  }

  @Override
  public void close() {
    end(!stop.isFailed());
  }

  @Override
  public void abort() {
    end(false);
  }

  private void end(boolean planned) {
    if (!peers.beginClosing()) {
      return;
    }
    if (planned) {
      peers.leave();
    }
    server.ifPresent(ListeningSocket::close);
    peers.close();
    loops.ifPresent(
        l ->
            l.group()
                .shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly());
    loops.ifPresent(l -> l.protection().close());
  }

  @Override
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    peers.send(to, service, lane, epoch, header, payload);
  }

  @Override
  public void beginBurst() {
    peers.beginBurst();
  }

  @Override
  public void endBurst() {
    peers.endBurst();
  }

  @Override
  public void viewInstalled(Runnable quiet) {
    peers.viewInstalled(quiet);
  }

  @Override
  public void evict(int node, long incarnation) {
    peers.evict(node, incarnation);
  }

  @Override
  public List<String> obstacles() {
    return peers.obstacles();
  }

  /** Breaks the connection to a peer; for tests. */
  void cut(int peer) {
    peers.get(peer).cut();
  }

  /** This node; for tests. */
  LocalNode local() {
    return local;
  }
}
