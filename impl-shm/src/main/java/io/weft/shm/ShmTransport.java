// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.peer.GuardedListener;
import io.weft.spi.peer.LimitedLog;
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
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The transport over shared memory: one connection for each pair of nodes, and one receiving
 * thread. What it sends, and to whom, is in {@link Peers}; the rings of a peer are a {@link
 * RingCarrier}.
 */
final class ShmTransport implements Transport {
  private static final Logger LOG = System.getLogger(ShmTransport.class.getName());

  private final LocalNode local;
  private final Counter wakes;
  private final int ringBytes;
  private final ShmSettings settings;
  private final NodeStop stop;
  private final Services services;
  private final Peers<RingHandshake> peers;
  private final ClusterDirectory directory;
  private final String self;
  private Optional<ShmLoop> loop = Optional.empty();
  private volatile Optional<NodePlace> place = Optional.empty();
  private Optional<FileChannel> lock = Optional.empty();

  @Inject
  ShmTransport(
      ShmSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics) {
    this(settings, node, failure, clock, views, storage, metrics, ClusterDirectory::usable);
  }

  /** With another file system; for tests. */
  ShmTransport(
      ShmSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics,
      ClusterDirectory.Space space) {
    this.settings = settings;
    this.ringBytes = (int) settings.ringSize().bytes();
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
                "Batches of frames put into rings.",
                "Frames refused for their structure."));
    this.wakes = metrics.counter("transport.wakes", "Sleeping peers that were woken.");
    this.stop = new NodeStop(failure);
    this.services = new Services(local.counters().messagesReceived(), stop);
    this.peers = new Peers<>(local, stop, System::nanoTime);
    this.directory = ClusterDirectory.of(settings.directory(), node.clusterName(), space);
    this.self = FileName.incarnation(node.self(), node.incarnation());
  }

  @Override
  public String name() {
    return "shm";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    services.register(service, handler);
  }

  // Start and end

  @Override
  public void start(PeerListener listener) {
    NodePage page = open();
    ShmLoop started =
        new ShmLoop(page, settings, "weft-shm-1", Futex.isSupported(), stop::onThrown);
    loop = Optional.of(started);
    stop.tryAgainWith(started::executeIn);
    services.complete();
    NodePlace opened = new NodePlace(directory, self, page);
    place = Optional.of(opened);
    Refusals refusals = new Refusals(local.counters().rejectedConnections(), System::nanoTime);
    GuardedListener guarded = new GuardedListener(listener, stop);
    Calls calls = new Calls(local, opened, started, peers, refusals, stop);
    peers.open(
        member ->
            new Peer<>(local, member, carrier(started, opened), services, guarded, refusals, stop));
    started.execute(
        () -> {
          started.add(calls);
          peers.all().forEach(Peer::hasten);
        });
    started.start();
    LOG.log(
        Level.INFO,
        "{0} can be called as {1} in {2} ({3})",
        local.node().nodeId(),
        self,
        directory,
        Futex.isSupported() ? "sleeps on a futex" : "sleeps for bounded times");
  }

  private RingCarrier carrier(ShmLoop started, NodePlace opened) {
    LimitedLog limitedLog = new LimitedLog(System::nanoTime);
    return new RingCarrier(local, ringBytes, services, started, opened, wakes, stop, limitedLog);
  }

  /** Takes this node's place in the directory. */
  private NodePage open() {
    try {
      checkRoom();
      FileChannel locked = directory.live(self); // only from here on is the directory trusted
      try {
        directory.sweep();
        checkAlone();
        // Late calls of tasks may still wake the thread when the transport has been closed.
        NodePage page = NodePage.make(directory, self, Arena.ofAuto());
        checkAlone(); // another one may have looked at the same time: then neither runs
        lock = Optional.of(locked);
        return page;
      } catch (IOException | WeftException e) {
        directory.die(self, locked);
        throw e;
      }
    } catch (IOException e) {
      throw new WeftException(
          TransportErrors.SHARED_MEMORY_REFUSED,
          directory + " cannot be used: " + e + "; set weft.transport.shm.directory",
          e);
    }
  }

  /** Refuses to run beside another process of this node. */
  private void checkAlone() throws IOException {
    for (String other : directory.living(local.node().self())) {
      if (!other.equals(self)) {
        throw new WeftException(
            TransportErrors.PORT_IN_USE,
            other + " lives in " + directory + "; another process runs this node");
      }
    }
  }

  /** Checks that the connections to nodes with lower ids, which this node makes, have room. */
  private void checkRoom() throws IOException {
    NodeId own = local.node().nodeId();
    long lower = local.node().members().stream().filter(m -> m.id().compareTo(own) < 0).count();
    long bytes = NodePage.BYTES + lower * Wire.fileBytes(ringBytes);
    directory.checkRoom(bytes, own + " with connections to its " + lower + " peers of lower id");
  }

  /**
   * {@inheritDoc}
   *
   * <p>The file names of a node have its port, so a node with another port is found under another
   * name.
   */
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
    try {
      if (planned) {
        peers.leave();
      }
      peers.close();
    } finally {
      loop.ifPresent(ShmLoop::close);
      lock.ifPresent(held -> directory.die(self, held));
    }
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
    return Stream.concat(place.flatMap(NodePlace::whyHidden).stream(), peers.obstacles().stream())
        .toList();
  }

  /** Breaks the connection to a peer; for tests. */
  void cut(int peer) {
    peers.get(peer).cut();
  }
}
