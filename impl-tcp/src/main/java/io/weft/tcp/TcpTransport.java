// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.SessionId;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The transport over TCP: one connection for each pair of nodes, one {@link Peer} for each other
 * configured node, member or not.
 *
 * <p>The main path: {@link #send} queues in the {@link Outbox} of the {@link Peer}; whoever runs it
 * moves messages into the lanes of the session, and {@link Link} writes them; at the other end
 * {@link Connection} reads frames and calls {@link #deliver}.
 */
final class TcpTransport implements Transport {
  private static final int MAX_SERVICE = 255;

  /** Callers that have not introduced themselves; a further one takes the place of the oldest. */
  private static final int MAX_PENDING_HANDSHAKES = 64;

  private static final int BACKLOG = 128;
  private static final WriteBufferWaterMark PENDING_BYTES =
      new WriteBufferWaterMark(256 << 10, 1 << 20);
  private static final long SHUTDOWN_SECONDS = 10;
  private static final long FAIL_AGAIN_MS = 50;
  private static final Logger LOG = System.getLogger(TcpTransport.class.getName());

  private final TcpSettings settings;
  private final NodeSettings node;
  private final NodeFailure failure;
  private final LamportClock clock;
  private final Views views;
  private final StorageIdentity storage;
  private final TcpCounters counters;
  private final SessionId self;
  private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];
  private final Peer[] peers = new Peer[NodeId.MAX + 1];
  private final ThreadLocal<Burst> bursts = ThreadLocal.withInitial(Burst::new);
  private final Set<HandshakeHandler> strangers = new LinkedHashSet<>();
  private final Complaints complaints = new Complaints(System::nanoTime);

  /** By the id that callers give: each that is refused is named, whoever else is. */
  private final Complaints[] complaintsOf = new Complaints[NodeId.MAX + 1];

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean failed;
  private volatile boolean running;
  private Optional<PeerListener> listener = Optional.empty();
  private Optional<EventLoops> loops = Optional.empty();
  private Optional<Channel> server = Optional.empty();

  @Inject
  TcpTransport(
      TcpSettings settings,
      NodeSettings node,
      NodeFailure failure,
      LamportClock clock,
      Views views,
      StorageIdentity storage,
      Metrics metrics) {
    Arrays.setAll(complaintsOf, _ -> new Complaints(System::nanoTime));
    this.settings = settings;
    this.node = node;
    this.failure = failure;
    this.clock = clock;
    this.views = views;
    this.storage = storage;
    this.counters = TcpCounters.of(metrics);
    this.self = new SessionId(node.nodeId(), node.incarnation());
  }

  @Override
  public String name() {
    return "tcp";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    if (service < 1 || service > MAX_SERVICE) {
      throw new IllegalArgumentException("service " + service + " is outside 1 to " + MAX_SERVICE);
    }
    if (running || handlers[service] != null) {
      throw new IllegalStateException(
          "service " + service + (running ? " comes after the start" : " has a handler already"));
    }
    handlers[service] = handler;
  }

  // Start and end

  @Override
  public void start(PeerListener peerListener) {
    listener = Optional.of(peerListener);
    EventLoops started = EventLoops.of(settings);
    loops = Optional.of(started);
    Map<EventLoop, IoLoop> ioLoops = new HashMap<>();
    for (Member member : node.members()) {
      if (!member.id().equals(node.nodeId())) {
        EventLoop loop = started.group().next();
        peers[member.id().value()] =
            new Peer(
                this,
                self,
                member,
                ioLoops.computeIfAbsent(loop, l -> new IoLoop(l, settings, this::onThrown)));
      }
    }
    running = true;
    try {
      server = Optional.of(listen(started));
    } catch (WeftException e) {
      close();
      throw e;
    }
    for (Peer peer : allPeers()) {
      peer.loop().execute(peer::hasten);
    }
  }

  private Channel listen(EventLoops started) {
    Member own = node.self();
    String host = settings.bindHost().isEmpty() ? own.host() : settings.bindHost();
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(started.group())
            .channel(started.serverChannel())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, PENDING_BYTES)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    guarded(() -> accept(channel)); // Netty would only log it
                  }
                });
    if (settings.receiveBuffer().bytes() > 0) { // the window is settled when a caller connects
      bootstrap.option(ChannelOption.SO_RCVBUF, (int) settings.receiveBuffer().bytes());
    }
    if (settings.sendBuffer().bytes() > 0) {
      bootstrap.childOption(ChannelOption.SO_SNDBUF, (int) settings.sendBuffer().bytes());
    }
    if (started.epoll()) {
      bootstrap.childOption(
          EpollChannelOption.TCP_USER_TIMEOUT, (int) settings.stallTime().toMillis());
    }
    ChannelFuture bound = bootstrap.bind(new InetSocketAddress(host, own.port()));
    bound.awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw bindFailure(host, own, bound.cause());
    }
    LOG.log(
        Level.INFO,
        "{0} listens on {1}:{2} ({3})",
        own.id(),
        host,
        Integer.toString(own.port()),
        started.epoll()
            ? "epoll, written by " + (DirectSocket.isSupported() ? "senders" : "event loops")
            : "nio");
    return bound.channel();
  }

  private WeftException bindFailure(String host, Member own, Throwable cause) {
    return BindFailure.of(host, own, !settings.bindHost().isEmpty(), cause);
  }

  @Override
  public void close() {
    end(!failed);
  }

  @Override
  public void abort() {
    end(false);
  }

  private void end(boolean planned) {
    if (!running || !closed.compareAndSet(false, true)) {
      return;
    }
    if (planned) {
      awaitAll(allPeers().stream().map(Peer::leave).toList(), settings.goodbyeTime().toMillis());
    }
    server.ifPresent(channel -> channel.close().awaitUninterruptibly());
    awaitAll(allPeers().stream().map(Peer::close).toList(), SHUTDOWN_SECONDS * 1_000);
    loops.ifPresent(
        l ->
            l.group()
                .shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly());
  }

  private static void awaitAll(List<CompletableFuture<Void>> futures, long timeoutMs) {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    boolean interrupted = false;
    while (!all.isDone() && end - System.nanoTime() > 0) {
      try {
        all.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (TimeoutException | ExecutionException e) {
        break; // they end without a goodbye, as after a crash
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // The data path

  @Override
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    Peer peer = peer(to);
    OutboundMessage message = OutboundMessage.of(service, lane, epoch, header, payload);
    Outbox outbox = peer.outbox();
    if (outbox.isRefusing() || epoch == Views.NO_EPOCH && !outbox.isBound()) {
      payload.released();
      return;
    }
    Burst burst = bursts.get();
    if (burst.depth > 0) {
      outbox.queue(message);
      burst.touch(outbox);
    } else {
      outbox.send(message);
    }
  }

  private Peer peer(int node) {
    Peer peer = peers[node];
    if (peer == null) {
      throw new IllegalArgumentException("node " + node + " is not a peer of " + self.node());
    }
    return peer;
  }

  @Override
  public void beginBurst() {
    bursts.get().depth++;
  }

  @Override
  public void endBurst() {
    Burst burst = bursts.get();
    if (--burst.depth == 0) {
      burst.leave();
    }
  }

  /** What one thread has queued and not sent off yet. */
  private static final class Burst {
    private final List<Outbox> touched = new ArrayList<>();
    private int depth;

    void touch(Outbox outbox) {
      if (!touched.contains(outbox)) {
        touched.add(outbox);
      }
    }

    void leave() {
      for (int i = 0; i < touched.size(); i++) {
        touched.get(i).signalQueued();
      }
      touched.clear();
    }
  }

  /** Hands a message to its service. Event loops. */
  void deliver(int from, int service, ByteBuffer header, MemorySegment payload) {
    if (failed) {
      return;
    }
    MessageHandler handler = handlers[service];
    if (handler == null) {
      fail(new IllegalStateException("n" + from + " sent to service " + service + ": no handler"));
      return;
    }
    counters.messagesReceived().increment();
    try {
      handler.onMessage(from, header, payload);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  // View changes

  /**
   * {@inheritDoc}
   *
   * <p>Every event loop passes a barrier, then delivers what was kept for the new view, then {@code
   * quiet} runs. A frame is judged by the epoch in force on the thread and at the moment at which
   * its handler would run: so whoever has passed the barrier handles nothing older any more.
   */
  @Override
  public void viewInstalled(Runnable quiet) {
    onLoops(
        peer -> views.installed().ifPresent(peer::prepare),
        () -> onLoops(Peer::deliverParked, () -> guarded(quiet)));
  }

  @Override
  public void evict(int node, long incarnation) {
    Peer peer = peer(node);
    onLoop(peer, () -> peer.evict(incarnation));
  }

  /** Runs a task for each peer on its event loop, behind what that is doing, and then another. */
  private void onLoops(Consumer<Peer> task, Runnable then) {
    List<Peer> all = allPeers();
    AtomicInteger left = new AtomicInteger(all.size() + 1);
    Runnable arrived =
        () -> {
          if (left.decrementAndGet() == 0) {
            then.run();
          }
        };
    for (Peer peer : all) {
      boolean runs =
          onLoop(
              peer,
              () -> {
                try {
                  task.accept(peer);
                } finally {
                  arrived.run(); // the loop tells of what was thrown, and the others go on
                }
              });
      if (!runs) {
        arrived.run();
      }
    }
    arrived.run();
  }

  /** Runs a task on a peer's event loop; false if that has ended. */
  private static boolean onLoop(Peer peer, Runnable task) {
    try {
      peer.loop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** What runs on an event loop has thrown: stops the node, later if there is no memory now. */
  void onThrown(Throwable thrown) {
    fail(thrown);
  }

  private void fail(Throwable thrown) {
    try {
      stopNode(thrown);
    } catch (Throwable _) {
      loops.ifPresent(
          all -> all.group().schedule(() -> fail(thrown), FAIL_AGAIN_MS, TimeUnit.MILLISECONDS));
    }
  }

  /** Stops the node, or throws if that is not possible at the moment. Any thread. */
  void stopNode(Throwable thrown) {
    failed = true;
    failure.stop(
        thrown instanceof WeftException e
            ? e
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN,
                "what the transport called failed: " + thrown,
                thrown));
  }

  // What peers, connections and handshakes share

  TcpSettings settings() {
    return settings;
  }

  TcpCounters counters() {
    return counters;
  }

  LamportClock clock() {
    return clock;
  }

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
  long expectedLife(NodeId node) {
    return views.installed().map(view -> view.incarnation(node)).orElse(0L);
  }

  boolean isPeer(int id) {
    return id <= NodeId.MAX && peers[id] != null;
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

  /** A bootstrap for one connection of a peer. */
  Bootstrap dialler(IoLoop loop) {
    EventLoops started = loops.orElseThrow();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop.eventLoop())
            .channel(started.channel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, PENDING_BYTES)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) settings.handshakeTimeout().toMillis());
    if (settings.sendBuffer().bytes() > 0) {
      bootstrap.option(ChannelOption.SO_SNDBUF, (int) settings.sendBuffer().bytes());
    }
    if (settings.receiveBuffer().bytes() > 0) {
      bootstrap.option(ChannelOption.SO_RCVBUF, (int) settings.receiveBuffer().bytes());
    }
    if (started.epoll()) {
      bootstrap.option(EpollChannelOption.TCP_USER_TIMEOUT, (int) settings.stallTime().toMillis());
    }
    return bootstrap;
  }

  private void accept(Channel channel) {
    ReceiveBuffer receive = new ReceiveBuffer();
    channel.closeFuture().addListener(f -> receive.free());
    channel.config().setRecvByteBufAllocator(receive);
    HandshakeHandler handshake =
        new HandshakeHandler(
            new Accepting(this), channel, receive, settings.handshakeTimeout(), this::onThrown);
    handshake.whenOver(() -> forget(handshake));
    channel.pipeline().addLast(handshake);
    admit(handshake).ifPresent(HandshakeHandler::giveWay);
  }

  /** Counts a caller among those who have not introduced themselves; who has to go for it. */
  private Optional<HandshakeHandler> admit(HandshakeHandler caller) {
    synchronized (strangers) {
      strangers.add(caller);
      if (strangers.size() <= MAX_PENDING_HANDSHAKES) {
        return Optional.empty();
      }
      HandshakeHandler oldest = strangers.iterator().next();
      strangers.remove(oldest);
      return Optional.of(oldest);
    }
  }

  private void forget(HandshakeHandler caller) {
    synchronized (strangers) {
      strangers.remove(caller);
    }
  }

  /** Brings a caller whose configuration fits to its peer, on the peer's event loop. */
  void introduce(HandshakeHandler handshake, Hello hello) {
    forget(handshake);
    Peer peer = peers[hello.from()];
    if (peer.loop().isCurrent()) {
      peer.onHello(handshake, hello);
      return;
    }
    Channel channel = handshake.channel();
    IoLoop loop = peer.loop();
    ChannelFutureListener arrived =
        loop.listener(
            registered -> {
              if (registered.isSuccess()) {
                loop.execute(() -> peer.onHello(handshake, hello));
              } else {
                channel.unsafe().closeForcibly();
              }
            });
    channel
        .deregister()
        .addListener(loop.listener(f -> loop.eventLoop().register(channel).addListener(arrived)));
  }

  /**
   * Tells a caller why it is not wanted.
   *
   * @param caller the id that it gives itself, if that could be read
   * @param again whether it has been told before
   */
  void refuse(HandshakeHandler handshake, OptionalInt caller, Refused refusal, boolean again) {
    counters.rejectedConnections().increment();
    String text = "refused " + handshake.address() + ": " + refusal.toException();
    if (again) {
      LOG.log(Level.DEBUG, text);
    } else {
      boolean known = caller.isPresent() && caller.getAsInt() < complaintsOf.length;
      (known ? complaintsOf[caller.getAsInt()] : complaints).warn(LOG, text);
    }
    handshake.sayAndClose(refusal);
  }

  /** A caller never introduced itself properly. */
  void onRejected(WeftException reason) {
    counters.rejectedConnections().increment();
    complaints.warn(LOG, "rejected a connection: " + reason);
  }

  /** A member does not take this node, which therefore cannot start. */
  void refused(Member by, WeftException reason) {
    failed = true;
    failure.stop(
        new WeftException(reason.code(), by + " refuses this node: " + reason.getMessage()));
  }

  void onConnected(NodeId peer, long incarnation) {
    tell(l -> l.onConnected(peer, incarnation));
  }

  void onDisconnected(NodeId peer, long incarnation) {
    tell(l -> l.onDisconnected(peer, incarnation));
  }

  void onGoodbye(NodeId peer, long incarnation) {
    LOG.log(Level.INFO, "{0} said goodbye", peer);
    tell(l -> l.onGoodbye(peer, incarnation));
  }

  void onLost(NodeId peer, long incarnation, WeftException reason) {
    tell(l -> l.onLost(peer, incarnation, reason));
  }

  private void tell(Consumer<PeerListener> news) {
    try {
      news.accept(listener.orElseThrow());
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  @Override
  public List<String> obstacles() {
    return allPeers().stream().map(Peer::obstacle).filter(text -> !text.isEmpty()).toList();
  }

  /** Breaks the connection to a peer; for tests. */
  void cut(int peer) {
    peers[peer].cut();
  }

  private List<Peer> allPeers() {
    List<Peer> all = new ArrayList<>();
    for (Peer peer : peers) {
      if (peer != null) {
        all.add(peer);
      }
    }
    return all;
  }
}
