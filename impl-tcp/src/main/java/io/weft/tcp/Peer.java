// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.weft.api.Category;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.ParkedMessage;
import io.weft.spi.session.SessionId;
import io.weft.spi.session.Terms;
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
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * Another configured node, through all its lives: looks for it for as long as the transport runs,
 * and keeps the session with its present life over all connections. Owned by its event loop; the
 * sending half of the session is the {@link Outbox}.
 *
 * <pre>
 *            hello/welcome                broken
 *   SEEKING ---------------> CONNECTED -----------> RESUMING --hello/welcome--> CONNECTED
 *      ^                         |                     |
 *      |       goodbye, lost, restarted, evicted       |
 *      +-----------------------------------------------+
 * </pre>
 *
 * <p>A session joins one life of either node. What has ended between two lives is never begun
 * again: each side would have to know that the other one has lost nothing. Two nodes that lost each
 * other although both live (a cut that outlasts the resume time) refuse each other until one of
 * them is restarted; the loss is a suspicion, and membership decides which of them has to stop. Who
 * has given up the other says so in its hello ({@code over}, {@code evicted}) or its refusal, so
 * both learn of it.
 *
 * <p>The node with the higher id dials. A node that has just started with the lower one dials, too,
 * but only to ask whether it would be accepted (a probe): so every node learns from its own
 * dialling that its configuration does not fit, nobody's start can be spoilt by a stranger who
 * calls, and a peer that waits between two attempts learns that there is somebody. Of two nodes
 * that do not fit, one may tell the other to give up: {@link Terms} has the table.
 */
final class Peer {
  private enum State {
    /** No session; a life later than {@link #over} is welcome. */
    SEEKING,
    CONNECTED,
    RESUMING,
    /** The peer has said goodbye and is about to hang up. */
    LEFT,
    CLOSED
  }

  /** Connections in a row that broke over a bad frame without anything new having arrived. */
  private static final int MAX_FRUITLESS_CONNECTIONS = 16;

  private static final long NONE = 0;
  private static final String RESTARTED = "it has been restarted";
  private static final long FIRST_BACKOFF_MS = 5;
  private static final long MAX_BACKOFF_RESUMING_MS = 200;
  private static final long MAX_BACKOFF_SEEKING_MS = 200; // a view with a new node waits for this
  private static final Logger LOG = System.getLogger(Peer.class.getName());

  private final TcpTransport transport;
  private final SessionId self;
  private final Member member;
  private final IoLoop loop;
  private final boolean dials;

  /** Of the present session, or what waits for the next one. Written by the event loop. */
  private volatile Outbox outbox;

  // The event loop's thread.
  private InboundSession in = new InboundSession();
  private State state = State.SEEKING;
  private Optional<Connection> connection = Optional.empty();
  private long life = NONE;
  private long over = NONE;
  private long evicted = NONE;
  private long evictedBy = NONE;
  private boolean closing;
  private boolean probed;
  private boolean dialling;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<Future<?>> redial = Optional.empty();
  private Optional<Future<?>> deadline = Optional.empty();
  private long receivedAtBadFrame = -1;
  private int fruitlessConnections;
  private String lastComplaint = "";
  private final Complaints complaints = new Complaints(System::nanoTime);
  private final Complaints refusals = new Complaints(System::nanoTime);

  /** From where a peer has called that has no session; empty as long as none has. */
  private Optional<String> calledFrom = Optional.empty();

  /** Why there is no session, for people; empty if there is one, or nothing is known. */
  private volatile String obstacle = "";

  Peer(TcpTransport transport, SessionId self, Member member, IoLoop loop) {
    this.transport = transport;
    this.self = self;
    this.member = member;
    this.loop = loop;
    this.dials = self.node().compareTo(member.id()) > 0;
    this.outbox = newOutbox();
  }

  private Outbox newOutbox() {
    return new Outbox(loop, transport.settings(), this::onBroken, transport::stopNode);
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

  /** The sending half of the present or the next session; any thread. */
  Outbox outbox() {
    return outbox;
  }

  /** Why there is no session, for people; empty if nothing is known. Any thread. */
  String obstacle() {
    return obstacle;
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
    transport.onGoodbye(member.id(), life);
  }

  /** Keeps a message for a view that is not installed yet. */
  void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    byte[] headerCopy = new byte[header.remaining()];
    header.get(headerCopy);
    in.park(new ParkedMessage(epoch, service, headerCopy, payload.toArray(ValueLayout.JAVA_BYTE)));
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
      Outbox breaking = outbox;
      if (!closing) {
        transport.onDisconnected(member.id(), life);
      }
      if (has(cause, TransportErrors.QUEUE_OVERFLOW)) {
        lose(breaking, (WeftException) cause.orElseThrow());
      } else if (isFruitless(cause)) {
        lose(breaking, lost("it keeps sending frames that cannot be read"));
      } else {
        deadlineIn(
            transport.settings().resumeTime().toMillis(),
            () ->
                lose(breaking, lost("it was not back after " + transport.settings().resumeTime())));
        hasten();
      }
    }
  }

  private static boolean has(Optional<Throwable> cause, ErrorCode code) {
    return cause.isPresent() && cause.get() instanceof WeftException e && e.code().equals(code);
  }

  private boolean isFruitless(Optional<Throwable> cause) {
    boolean badFrame =
        cause.isPresent()
            && cause.get() instanceof WeftException
            && !has(cause, TransportErrors.NOT_READY);
    if (!badFrame || in.received() != receivedAtBadFrame) {
      fruitlessConnections = 0;
    }
    receivedAtBadFrame = in.received();
    return badFrame && ++fruitlessConnections >= MAX_FRUITLESS_CONNECTIONS;
  }

  // What membership decides

  /** Ends what there is with this life and earlier ones, and refuses them from now on. */
  void evict(long incarnation) {
    evicted = Math.max(evicted, incarnation);
    if (state == State.CLOSED || life > incarnation) {
      return;
    }
    if (life != NONE) {
      LOG.log(Level.INFO, "session with {0} is over: it has been evicted", member);
    }
    endSession();
    over = Math.max(over, incarnation);
    hasten(); // tells that life, and finds the next one
  }

  /**
   * Gets ready to send to the life that is a member of the view, or drops what waited for one that
   * is not.
   */
  void prepare(View view) {
    long expected = view.incarnation(member.id());
    if (state == State.LEFT && expected > life) {
      finish();
    }
    if (state == State.SEEKING && !view.contains(member.id())) {
      outbox.end();
    } else if (state == State.SEEKING && expected > over && outbox.isRefusing() && !closing) {
      outbox = newOutbox();
    }
  }

  /** Delivers what was kept for the view that is in force now. */
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
  }

  // Dialling

  private boolean wantsToDial() {
    return switch (state) {
      case SEEKING -> !closing && (dials || !probed && over == NONE);
      case RESUMING -> dials;
      case CONNECTED, LEFT, CLOSED -> false;
    };
  }

  /** Looks for the peer now. */
  void hasten() {
    backoffMs = FIRST_BACKOFF_MS;
    cancelRedial();
    dial();
  }

  private void dial() {
    if (!dialling && redial.isEmpty() && wantsToDial()) {
      dialling = true;
      connect();
    }
  }

  private void dialAgain() {
    dialling = false;
    long delayMs = backoffMs;
    long maxMs = state == State.RESUMING ? MAX_BACKOFF_RESUMING_MS : MAX_BACKOFF_SEEKING_MS;
    backoffMs = Math.min(2 * backoffMs, maxMs);
    if (redial.isEmpty() && wantsToDial()) {
      redial =
          Optional.of(
              loop.schedule(
                  () -> {
                    redial = Optional.empty();
                    dial();
                  },
                  delayMs));
    }
  }

  private void dialSlowly() {
    backoffMs = state == State.RESUMING ? MAX_BACKOFF_RESUMING_MS : MAX_BACKOFF_SEEKING_MS;
    dialAgain();
  }

  private void dialAtOnce() {
    dialling = false;
    hasten();
  }

  private void cancelRedial() {
    redial.ifPresent(timer -> timer.cancel(false));
    redial = Optional.empty();
  }

  private void connect() {
    ReceiveBuffer receive = new ReceiveBuffer();
    Bootstrap bootstrap = transport.dialler(loop);
    bootstrap.handler(
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            loop.guarded(() -> prepare(channel)); // Netty would only log it, and nobody would dial
          }

          private void prepare(Channel channel) {
            channel.config().setRecvByteBufAllocator(receive);
            channel
                .pipeline()
                .addLast(
                    new HandshakeHandler(
                        new Dialling(),
                        channel,
                        receive,
                        transport.settings().handshakeTimeout(),
                        transport::onThrown));
          }
        });
    ChannelFuture connecting = bootstrap.connect(member.host(), member.port());
    connecting.channel().closeFuture().addListener(f -> receive.free());
    connecting.addListener(
        loop.listener(
            connected -> {
              if (!connected.isSuccess()) {
                onUnreachable(connected.cause());
              }
            }));
  }

  /**
   * Nothing listens at the peer's address. As a rule the peer is down. If it has called, it is not,
   * and its address is wrong or cannot be reached: that is a warning.
   */
  private void onUnreachable(Throwable cause) {
    obstacle = member + " cannot be reached: " + cause.getMessage();
    String text = "cannot connect to " + member + ": " + cause;
    if (calledFrom.isEmpty() || closing) {
      LOG.log(Level.DEBUG, text);
    } else {
      complaints.warn(
          LOG,
          text
              + "; but it runs, for it calls from "
              + calledFrom.get()
              + ": check its address in weft.members, its bind-host, and the network");
    }
    dialAgain();
  }

  /** The handshake as the side that speaks first. */
  private final class Dialling implements HandshakeHandler.Side {
    /** The life whose session is to be resumed. */
    private long known;

    @Override
    public Optional<HandshakeMessage> opening() {
      known = life;
      return Optional.of(
          transport.hello(member.id().value(), !dials, life, in.received(), over, evicted));
    }

    @Override
    public void onMessage(HandshakeHandler handshake, HandshakeMessage message) {
      switch (message) {
        case Welcome welcome when dials -> onWelcome(handshake, welcome);
        case Welcome _ -> {
          handshake.close();
          dialling = false;
          probed = true;
        }
        case Refused refused -> {
          handshake.close();
          onRefused(refused, known);
        }
        case Hello _ -> {
          handshake.close();
          dialAgain();
        }
      }
    }

    @Override
    public void onFailed(WeftException reason) {
      String text = "no handshake with " + member + ": " + reason.getMessage();
      if (closing) {
        LOG.log(Level.DEBUG, text);
      } else {
        complaints.warn(LOG, text);
      }
      obstacle = member + " did not complete the handshake: " + reason.getMessage();
      dialAgain();
    }
  }

  private void onWelcome(HandshakeHandler handshake, Welcome welcome) {
    boolean fits =
        switch (state) {
          case SEEKING -> welcome.incarnation() > over;
          case RESUMING -> welcome.incarnation() == life;
          case CONNECTED, LEFT, CLOSED -> false;
        };
    if (fits) {
      dialling = false;
      establish(handshake, welcome.incarnation(), welcome.received());
    } else { // meanwhile the session has ended here
      handshake.close();
      dialAgain();
    }
  }

  /** The peer refuses the session with its life {@code known}, or a new one if that is 0. */
  private void onRefused(Refused refused, long known) {
    WeftException reason = refused.toException();
    ErrorCode code = reason.code();
    if (code.equals(TransportErrors.EVICTED)) {
      onEvictedBy(refused.incarnation(), reason);
      dialSlowly();
    } else if (code.equals(TransportErrors.PEER_LOST)
        && known != NONE
        && refused.incarnation() > known) {
      loseLife(known, lost(RESTARTED));
      dialAtOnce();
    } else if (code.equals(TransportErrors.PEER_LOST) && refused.incarnation() >= known) {
      giveUp(refused.incarnation(), reason);
      dialSlowly();
    } else if (isOwnFault(refused, code, known)) {
      dialling = false;
      transport.refused(member, reason);
    } else {
      refusals.tell(
          LOG,
          code.category() == Category.USER ? Level.WARNING : Level.INFO,
          member + " refuses the connection for now: " + reason);
      obstacle = member + " refuses the connection: " + reason.getMessage();
      dialSlowly();
    }
  }

  /**
   * Whether this node has to stop: it does not fit, or there is a later life of it. A member of a
   * view does fit, whoever answers at the address of a peer that it has not met yet; and a newcomer
   * believes only what a member of its own cluster says ({@link Terms}).
   */
  private boolean isOwnFault(Refused refused, ErrorCode code, long known) {
    boolean duplicate = code.equals(TransportErrors.DUPLICATE_NODE_ID);
    if (known != NONE || over != NONE || transport.isInView()) { // so the other one does not fit
      return duplicate && refused.incarnation() == known;
    }
    return Terms.isOwnFault(code);
  }

  // Accepting

  /** Answers a hello that fits this node's configuration. */
  void onHello(HandshakeHandler handshake, Hello hello) {
    learnFrom(hello);
    Optional<Refused> refusal = refusalOf(hello);
    if (refusal.isPresent()) {
      Refused said = refusal.get();
      transport.refuse(
          handshake, OptionalInt.of(member.id().value()), said, lastComplaint.equals(said.text()));
      lastComplaint = said.text();
    } else if (hello.probe()) {
      calledFrom = Optional.of(handshake.address());
      handshake.sayAndClose(new Welcome(self.incarnation(), 0));
      hasten();
    } else {
      handshake
          .say(new Welcome(self.incarnation(), in.received()))
          .addListener(
              loop.listener(
                  written -> {
                    if (!written.isSuccess()) {
                      return;
                    }
                    if (isWelcome(hello)) { // frames may follow, past the channel's own queue
                      establish(handshake, hello.incarnation(), hello.received());
                    } else {
                      handshake.close();
                    }
                  }));
    }
  }

  /** Ends what the caller shows to be over. */
  private void learnFrom(Hello hello) {
    long caller = hello.incarnation();
    if (caller <= evicted || caller < life || state == State.CLOSED) {
      return;
    }
    if (life != NONE && caller > life) {
      if (state == State.LEFT) {
        finish();
      } else {
        loseLife(life, lost(RESTARTED));
      }
    }
    if (hello.evicted() >= self.incarnation()) {
      onEvictedBy(
          caller,
          new WeftException(
              TransportErrors.EVICTED,
              member
                  + " says that this life of "
                  + self.node()
                  + " has been evicted by the members; restart it"));
    } else if (hello.over() >= self.incarnation()) {
      giveUp(caller, lost("it counts this life of " + self.node() + " as lost"));
    }
  }

  private boolean isWelcome(Hello hello) {
    return refusalOf(hello).isEmpty();
  }

  private Optional<Refused> refusalOf(Hello hello) {
    long caller = hello.incarnation();
    if (state == State.CLOSED || closing && state == State.SEEKING) {
      return refusal(TransportErrors.NOT_READY, self.node() + " is leaving");
    }
    if (caller <= evicted) {
      return refusal(
          TransportErrors.EVICTED,
          self.node()
              + " refuses this life of "
              + member.id()
              + ": the members have evicted it; restart it");
    }
    if (caller < Math.max(life, over)) {
      return refusal(
          TransportErrors.DUPLICATE_NODE_ID,
          "a later start of "
              + member.id()
              + " is known to "
              + self.node()
              + "; give this node an id of its own, or set its clock right");
    }
    if (caller == over) {
      return refusal(
          TransportErrors.PEER_LOST,
          self.node() + " has ended its session with this life of " + member.id());
    }
    return switch (state) {
      case SEEKING, CONNECTED, RESUMING -> isSessionKnown(hello) ? Optional.empty() : unknown();
      case LEFT ->
          refusal(TransportErrors.PEER_LOST, member.id() + " has said goodbye to " + self.node());
      case CLOSED -> refusal(TransportErrors.NOT_READY, self.node() + " is closed");
    };
  }

  /** Whether the caller means the session that is here, or one that neither has used yet. */
  private boolean isSessionKnown(Hello hello) {
    boolean unused = hello.received() == 0;
    boolean meansThisLife = hello.knownIncarnation() == self.incarnation();
    return state == State.SEEKING
        ? hello.knownIncarnation() == NONE || meansThisLife && unused
        : meansThisLife || hello.knownIncarnation() == NONE && unused;
  }

  private Optional<Refused> unknown() {
    return refusal(
        TransportErrors.PEER_LOST,
        self.node() + " has been restarted and does not know the session");
  }

  private Optional<Refused> refusal(ErrorCode code, String text) {
    return Optional.of(new Refused(self.incarnation(), code.number(), text));
  }

  // The session's life

  private void establish(HandshakeHandler handshake, long incarnation, long peerReceived) {
    connection.ifPresent(Connection::close); // it broke without our noticing
    boolean first = state == State.SEEKING;
    life = incarnation;
    state = State.CONNECTED;
    backoffMs = FIRST_BACKOFF_MS;
    lastComplaint = "";
    obstacle = "";
    calledFrom = Optional.empty();
    cancelDeadline();
    cancelRedial();
    if (first && outbox.isRefusing()) {
      outbox = newOutbox();
    }
    outbox.bind();
    Connection established =
        new Connection(
            transport, this, loop, handshake.channel(), handshake.receiveBuffer(), outbox, in);
    connection = Optional.of(established);
    handshake.handOver(established);
    if (first) {
      LOG.log(Level.INFO, "connected to {0}", member);
      transport.onConnected(member.id(), life);
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

  /** A session cannot go on; any thread. */
  private void onBroken(Outbox broken, WeftException reason) {
    try {
      loop.execute(() -> lose(broken, reason));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "after the end: {0}", reason.toString());
    }
  }

  private WeftException lost(String why) {
    return new WeftException(
        TransportErrors.PEER_LOST, "session with " + member + " is lost: " + why);
  }

  /** Loses the session of that outbox, unless it has ended already. */
  private void lose(Outbox losing, WeftException reason) {
    if (losing != outbox) {
      return;
    }
    if (life != NONE) {
      loseLife(life, reason);
    } else if (state == State.SEEKING && !outbox.isRefusing()) { // it never came
      long expected = transport.expectedLife(member.id());
      outbox.end();
      giveUp(expected, reason);
    }
  }

  /** Loses the session with that life, if it is the present one, and looks for the next life. */
  private void loseLife(long losing, WeftException reason) {
    if (life != losing || state != State.CONNECTED && state != State.RESUMING) {
      return;
    }
    LOG.log(closing ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
    endSession();
    if (!closing) {
      transport.onLost(member.id(), losing, reason);
    }
    hasten();
  }

  /** Loses that life even if there never was a session with it. */
  private void giveUp(long losing, WeftException reason) {
    if (life == losing) {
      loseLife(losing, reason);
    } else if (life == NONE && losing > over) {
      LOG.log(closing ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
      over = losing;
      outbox.end();
      if (!closing) {
        transport.onLost(member.id(), losing, reason);
      }
    }
  }

  /** A life of the peer says that this life of the node has been evicted. */
  private void onEvictedBy(long by, WeftException reason) {
    if (life > by || state == State.CLOSED) {
      return;
    }
    endSession();
    over = Math.max(over, by);
    if (by > evictedBy && !closing) {
      evictedBy = by;
      LOG.log(Level.WARNING, "{0}: {1}", member, reason);
      transport.onLost(member.id(), by, reason);
    }
  }

  private void finish() {
    if (state == State.LEFT) {
      endSession();
      hasten();
    }
  }

  /** Closes the connection first, so that nothing reads payloads any more, then gives them back. */
  private void endSession() {
    cancelDeadline();
    connection.ifPresent(Connection::close);
    connection = Optional.empty();
    outbox.end();
    over = Math.max(over, life);
    life = NONE;
    in = new InboundSession();
    receivedAtBadFrame = -1;
    fruitlessConnections = 0;
    state = State.SEEKING;
  }

  /**
   * Says goodbye behind everything that is queued.
   *
   * @return completes when the peer has received it, or when that has become pointless
   */
  CompletableFuture<Void> leave() {
    CompletableFuture<Void> left = new CompletableFuture<>();
    loop.execute(
        () -> {
          closing = true;
          if (state == State.CONNECTED || state == State.RESUMING) {
            outbox.sayGoodbye();
          } else {
            outbox.skipGoodbye();
          }
          outbox.farewell().thenRun(() -> left.complete(null));
        });
    return left;
  }

  /** Ends the session whatever its state. */
  CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    loop.execute(
        () -> {
          closing = true;
          cancelRedial();
          endSession();
          state = State.CLOSED;
          closed.complete(null);
        });
    return closed;
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    loop.execute(() -> connection.ifPresent(Connection::cut));
  }

  private void deadlineIn(long delayMs, Runnable task) {
    cancelDeadline();
    deadline = Optional.of(loop.schedule(task, delayMs));
  }

  private void cancelDeadline() {
    deadline.ifPresent(timer -> timer.cancel(false));
    deadline = Optional.empty();
  }
}
