// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.Future;
import io.weft.api.Category;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.ParkedMessage;
import io.weft.spi.session.SessionId;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import io.weft.tcp.HandshakeMessage.Welcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The session with one other node, over all its connections. Owned by its event loop; the sending
 * half is the {@link Outbox}.
 *
 * <pre>
 *   FORMING --hello/welcome--> CONNECTED --broken--> RESUMING --hello/welcome--> CONNECTED
 *                                  |                     |
 *                               goodbye              resume time, or refused
 *                                  v                     v
 *                                LEFT                  LOST
 * </pre>
 *
 * <p>The node with the higher id dials. Before the session exists the other one dials, too, but
 * only to ask whether it would be accepted (a probe): so every node learns from its own dialling
 * that its configuration does not fit, and nobody's start can be spoilt by a stranger who calls. Of
 * two nodes that do not fit, the one that started later gives up.
 */
final class Peer {
  private enum State {
    FORMING,
    CONNECTED,
    RESUMING,
    LEFT,
    LOST,
    CLOSED
  }

  /** Connections in a row that broke over a bad frame without anything new having arrived. */
  private static final int MAX_FRUITLESS_CONNECTIONS = 16;

  private static final long FIRST_BACKOFF_MS = 5;
  private static final long MAX_BACKOFF_MS = 200;
  private static final long PARKED_CHECK_MS = 10;
  private static final Logger LOG = System.getLogger(Peer.class.getName());

  private final TcpTransport transport;
  private final SessionId self;
  private final Member member;
  private final IoLoop loop;
  private final boolean dials;

  private final Outbox outbox;
  // The event loop's thread.
  private final InboundSession in = new InboundSession();
  private State state = State.FORMING;
  private Optional<Connection> connection = Optional.empty();
  private long peerIncarnation;
  private boolean closing;
  private boolean probed;
  private boolean dialling;
  private boolean parkedTimer;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<Future<?>> deadline = Optional.empty();
  private long receivedAtBadFrame = -1;
  private int fruitlessConnections;

  Peer(TcpTransport transport, SessionId self, Member member, IoLoop loop) {
    this.transport = transport;
    this.self = self;
    this.member = member;
    this.loop = loop;
    this.dials = self.node().compareTo(member.id()) > 0;
    this.outbox = new Outbox(loop, transport.settings(), this::onBroken);
  }

  NodeId id() {
    return member.id();
  }

  IoLoop loop() {
    return loop;
  }

  @Override
  public String toString() {
    return member.toString();
  }

  /** The sending half; any thread. */
  Outbox outbox() {
    return outbox;
  }

  // What the connection reports

  /** The peer leaves as planned: it waits for this to be acknowledged, then hangs up. */
  void onGoodbye() {
    if (state != State.CONNECTED) {
      return;
    }
    state = State.LEFT;
    outbox.refuse();
    outbox.skipGoodbye();
    outbox.acknowledge();
    deadlineIn(transport.settings().goodbyeTime().toMillis(), this::finish);
    transport.onGoodbye(member.id());
  }

  /** Keeps a message for a view that is not installed yet. */
  void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    byte[] headerCopy = new byte[header.remaining()];
    header.get(headerCopy);
    in.park(new ParkedMessage(epoch, service, headerCopy, payload.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** Delivers what was kept for the view that has been installed meanwhile. */
  void deliverParked() {
    if (!in.hasParked()) {
      return;
    }
    for (ParkedMessage m : in.unpark(transport.epoch())) {
      transport.deliver(
          member.id().value(),
          m.service(),
          ByteBuffer.wrap(m.header()),
          MemorySegment.ofArray(m.payload()));
    }
    if (in.hasParked() && !parkedTimer) {
      parkedTimer = true;
      after(
          PARKED_CHECK_MS,
          () -> {
            parkedTimer = false;
            deliverParked();
          });
    }
  }

  /** The connection is closed and its buffers are free. */
  void onDisconnected(Connection broken, Optional<Throwable> cause) {
    if (connection.isEmpty() || connection.get() != broken) {
      return;
    }
    connection = Optional.empty();
    if (state == State.LEFT) {
      finish();
    } else if (state == State.CONNECTED) {
      LOG.log(
          closing ? Level.DEBUG : Level.WARNING,
          "connection to {0} broke ({1}); resuming for {2}",
          member,
          cause.map(Throwable::toString).orElse("closed by the peer"),
          transport.settings().resumeTime());
      state = State.RESUMING;
      backoffMs = FIRST_BACKOFF_MS;
      if (isFruitless(cause)) {
        lose(lost("it keeps sending frames that cannot be read"));
        return;
      }
      deadlineIn(
          transport.settings().resumeTime().toMillis(),
          () -> lose(lost("it was not back after " + transport.settings().resumeTime())));
      dialSoon(0);
    }
  }

  private boolean isFruitless(Optional<Throwable> cause) {
    boolean badFrame =
        cause.isPresent()
            && cause.get() instanceof WeftException e
            && !e.code().equals(TransportErrors.NOT_READY);
    if (!badFrame || in.received() != receivedAtBadFrame) {
      fruitlessConnections = 0;
    }
    receivedAtBadFrame = in.received();
    return badFrame && ++fruitlessConnections >= MAX_FRUITLESS_CONNECTIONS;
  }

  // Dialling

  /** Starts to look for the peer. */
  void dial() {
    dialSoon(0);
  }

  private boolean wantsToDial() {
    return !dialling
        && switch (state) {
          case FORMING -> !closing && (dials || !probed);
          case RESUMING -> dials;
          case CONNECTED, LEFT, LOST, CLOSED -> false;
        };
  }

  private void dialSoon(long delayMs) {
    if (!wantsToDial()) {
      return;
    }
    dialling = true;
    if (delayMs == 0) {
      connect();
    } else {
      after(
          delayMs,
          () -> {
            dialling = false;
            if (wantsToDial()) {
              dialling = true;
              connect();
            }
          });
    }
  }

  private void connect() {
    ReceiveBuffer receive = new ReceiveBuffer();
    Bootstrap bootstrap = transport.dialler(loop);
    bootstrap.handler(
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            channel.config().setRecvByteBufAllocator(receive);
            channel
                .pipeline()
                .addLast(
                    new HandshakeHandler(
                        new Dialling(), channel, receive, transport.settings().handshakeTimeout()));
          }
        });
    ChannelFuture connecting = bootstrap.connect(member.host(), member.port());
    connecting.channel().closeFuture().addListener(f -> receive.free());
    connecting.addListener(
        f -> {
          if (!f.isSuccess()) {
            LOG.log(Level.DEBUG, "cannot connect to {0}: {1}", member, f.cause().toString());
            dialAgain();
          }
        });
  }

  private void dialAgain() {
    dialling = false;
    long delayMs = backoffMs;
    backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
    dialSoon(delayMs);
  }

  /** The handshake as the side that speaks first. */
  private final class Dialling implements HandshakeHandler.Side {
    @Override
    public Optional<HandshakeMessage> opening() {
      return Optional.of(
          transport.hello(member.id().value(), !dials, peerIncarnation, in.received()));
    }

    @Override
    public void onMessage(HandshakeHandler handshake, HandshakeMessage message) {
      switch (message) {
        case Welcome welcome when dials -> {
          dialling = false;
          onWelcome(handshake, welcome);
        }
        case Welcome _ -> {
          handshake.close();
          dialling = false;
          probed = true;
        }
        case Refused refused -> {
          handshake.close();
          onRefused(refused);
        }
        case Hello _ -> {
          handshake.close();
          dialAgain();
        }
      }
    }

    @Override
    public void onFailed(WeftException reason) {
      LOG.log(Level.DEBUG, "no handshake with {0}: {1}", member, reason);
      dialAgain();
    }
  }

  private void onWelcome(HandshakeHandler handshake, Welcome welcome) {
    if (state != State.FORMING && state != State.RESUMING) {
      handshake.close();
    } else if (state == State.RESUMING && welcome.incarnation() != peerIncarnation) {
      handshake.close();
      lose(lost("it has been restarted"));
    } else {
      establish(handshake, welcome.incarnation(), welcome.received());
    }
  }

  private void onRefused(Refused refused) {
    WeftException reason = refused.toException();
    ErrorCode code = reason.code();
    if (state == State.RESUMING && code.equals(TransportErrors.PEER_LOST)) {
      dialling = false;
      lose(reason);
    } else if (state == State.FORMING && isOwnFault(refused, code)) {
      dialling = false;
      transport.refused(member, reason);
    } else {
      LOG.log(Level.INFO, "{0} refuses the connection for now: {1}", member, reason);
      backoffMs = MAX_BACKOFF_MS;
      dialAgain();
    }
  }

  private boolean isOwnFault(Refused refused, ErrorCode code) {
    if (code.equals(TransportErrors.PEER_LOST) || code.equals(TransportErrors.DUPLICATE_NODE_ID)) {
      return true;
    }
    return code.category() == Category.USER && self.incarnation() >= refused.incarnation();
  }

  // Accepting

  /** Answers a hello that fits this node's configuration. */
  void onHello(HandshakeHandler handshake, Hello hello) {
    Optional<Refused> refusal = refusalOf(hello);
    if (refusal.isPresent()) {
      transport.refuse(handshake, refusal.get());
    } else if (hello.probe()) {
      handshake.sayAndClose(new Welcome(self.incarnation(), 0));
    } else {
      handshake
          .say(new Welcome(self.incarnation(), in.received()))
          .addListener(
              f -> {
                if (f.isSuccess()) { // frames may follow, past the channel's own queue
                  establish(handshake, hello.incarnation(), hello.received());
                }
              });
    }
  }

  private Optional<Refused> refusalOf(Hello hello) {
    boolean sameLife = hello.incarnation() == peerIncarnation;
    return switch (state) {
      case FORMING -> {
        if (closing) {
          yield refusal(TransportErrors.NOT_READY, self.node() + " is leaving");
        }
        yield hello.knownIncarnation() == 0
            ? Optional.empty()
            : refusal(
                TransportErrors.PEER_LOST,
                self.node() + " has been restarted and does not know the session");
      }
      case CONNECTED -> {
        if (!sameLife) {
          yield refusal(
              TransportErrors.DUPLICATE_NODE_ID,
              "node id "
                  + hello.from()
                  + " is connected to "
                  + self.node()
                  + " from another process; give this node an id of its own");
        }
        yield refusalToResume(hello);
      }
      case RESUMING -> {
        if (sameLife) {
          yield refusalToResume(hello);
        }
        if (hello.incarnation() > peerIncarnation) {
          lose(lost("it has been restarted"));
        }
        yield refusal(
            TransportErrors.PEER_LOST,
            self.node() + " has a session with another life of " + member.id());
      }
      case LEFT ->
          refusal(
              TransportErrors.PEER_LOST,
              member.id() + " has left the cluster; it cannot come back while others run");
      case LOST ->
          refusal(
              TransportErrors.PEER_LOST,
              self.node() + " counts " + member.id() + " as lost; restart all nodes");
      case CLOSED -> refusal(TransportErrors.NOT_READY, self.node() + " is closed");
    };
  }

  private Optional<Refused> refusalToResume(Hello hello) {
    boolean sameSession =
        hello.knownIncarnation() == self.incarnation()
            || (hello.knownIncarnation() == 0 && hello.received() == 0);
    return sameSession
        ? Optional.empty()
        : refusal(
            TransportErrors.PEER_LOST,
            self.node() + " has been restarted and does not know the session");
  }

  private Optional<Refused> refusal(ErrorCode code, String text) {
    return Optional.of(new Refused(self.incarnation(), code.number(), text));
  }

  // The session's life

  private void establish(HandshakeHandler handshake, long incarnation, long peerReceived) {
    connection.ifPresent(Connection::close); // it broke without our noticing
    boolean first = state == State.FORMING;
    peerIncarnation = incarnation;
    state = State.CONNECTED;
    backoffMs = FIRST_BACKOFF_MS;
    cancelDeadline();
    Connection established =
        new Connection(
            transport, this, loop, handshake.channel(), handshake.receiveBuffer(), outbox, in);
    connection = Optional.of(established);
    handshake.handOver(established);
    if (first) {
      LOG.log(Level.INFO, "connected to {0}", member);
      transport.onConnected(member.id());
    }
    outbox.attach(established.link(), peerReceived, resent -> onResumed(first, resent));
    established.resumeReading();
  }

  private void onResumed(boolean first, int resent) {
    if (!first) {
      LOG.log(Level.INFO, "resumed with {0}, {1} messages sent again", member, resent);
      transport.counters().reconnects().increment();
      transport.counters().resent().add(resent);
    }
  }

  /** The session cannot go on; any thread. */
  private void onBroken(WeftException reason) {
    try {
      loop.eventLoop().execute(() -> lose(reason));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "after the end: {0}", reason.toString());
    }
  }

  private WeftException lost(String why) {
    return new WeftException(
        TransportErrors.PEER_LOST, "session with " + member + " is lost: " + why);
  }

  private void lose(WeftException reason) {
    if (state == State.LOST || state == State.LEFT || state == State.CLOSED) {
      return;
    }
    state = State.LOST;
    LOG.log(closing ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
    end();
    if (!closing) {
      transport.onLost(member.id(), reason);
    }
  }

  private void finish() {
    if (state != State.LOST && state != State.CLOSED) {
      end();
    }
  }

  /** Closes the connection first, so that nothing reads payloads any more, then gives them back. */
  private void end() {
    cancelDeadline();
    connection.ifPresent(Connection::close);
    connection = Optional.empty();
    outbox.end();
  }

  /**
   * Says goodbye behind everything that is queued.
   *
   * @return completes when the peer has received it, or when that has become pointless
   */
  CompletableFuture<Void> leave() {
    loop.eventLoop()
        .execute(
            () -> {
              closing = true;
              if (state == State.CONNECTED || state == State.RESUMING) {
                outbox.sayGoodbye(transport.epoch());
              } else {
                outbox.skipGoodbye();
              }
            });
    return outbox.farewell();
  }

  /** Ends the session whatever its state. */
  CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    loop.eventLoop()
        .execute(
            () -> {
              closing = true;
              end();
              state = State.CLOSED;
              closed.complete(null);
            });
    return closed;
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    loop.eventLoop().execute(() -> connection.ifPresent(Connection::cut));
  }

  private void after(long delayMs, Runnable task) {
    loop.eventLoop().schedule(task, delayMs, TimeUnit.MILLISECONDS);
  }

  private void deadlineIn(long delayMs, Runnable task) {
    cancelDeadline();
    deadline = Optional.of(loop.eventLoop().schedule(task, delayMs, TimeUnit.MILLISECONDS));
  }

  private void cancelDeadline() {
    deadline.ifPresent(timer -> timer.cancel(false));
    deadline = Optional.empty();
  }
}
