// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Category;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.session.SessionId;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import io.weft.tcp.HandshakeMessage.Welcome;
import io.weft.tcp.Lives.State;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
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
 * <p>Two nodes that lost each other although both live (a cut that outlasts the resume time) refuse
 * each other until one of them is restarted; the loss is a suspicion, and membership decides which
 * of them has to stop. Who has given up the other says so in its hello ({@code over}, {@code
 * evicted}) or its refusal, so both learn of it. Of two nodes that do not fit, one may tell the
 * other to give up: {@link Terms} has the table.
 *
 * <p>The state, and who is welcome in it, is in {@link Lives}; when and how the peer is looked for,
 * in {@link Dialling}; what is sent and received, in {@link PeerSession}.
 */
final class Peer implements Dialling.Seeker, Connection.Holder {
  private static final String RESTARTED = "it has been restarted";
  private static final Logger LOG = System.getLogger(Peer.class.getName());

  private final LocalNode local;
  private final SessionId self;
  private final Member member;
  private final IoLoop loop;
  private final News news;
  private final Refusals refusals;
  private final NodeStop stop;
  private final Lives lives;
  private final Dialling dialling;

  private final PeerSession session;

  // The event loop's thread.
  private long evictedBy = Lives.NONE;
  private Optional<Future<?>> deadline = Optional.empty();
  private String lastComplaint = "";
  private final Complaints complaints = new Complaints(System::nanoTime);

  Peer(
      LocalNode local,
      Member member,
      IoLoop loop,
      EventLoops loops,
      Services services,
      News news,
      Refusals refusals,
      NodeStop stop) {
    this.local = local;
    this.self = local.self();
    this.member = member;
    this.loop = loop;
    this.news = news;
    this.refusals = refusals;
    this.stop = stop;
    this.lives = new Lives(self, member);
    this.dialling = new Dialling(local, member, loop, loops, lives, this);
    this.session = new PeerSession(local, loop, services, this, this::onBroken, stop::stop);
  }

  @Override
  public Member member() {
    return member;
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
    return session.outbox();
  }

  /** Why there is no session, for people; empty if nothing is known. Any thread. */
  String obstacle() {
    return dialling.obstacle();
  }

  // What the connection reports

  @Override
  public void onGoodbye() {
    if (lives.state() != State.CONNECTED) {
      return;
    }
    lives.leave();
    session.outbox().refuse();
    session.outbox().skipGoodbye();
    session.outbox().acknowledge();
    deadlineIn(local.settings().goodbyeTime().toMillis(), this::finish);
    news.onGoodbye(member.id(), lives.present());
  }

  @Override
  public void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    session.park(epoch, service, header, payload);
  }

  @Override
  public void onDisconnected(Connection broken, Optional<Throwable> cause) {
    if (!session.forget(broken)) {
      return;
    }
    if (lives.state() == State.LEFT) {
      finish();
    } else if (lives.state() == State.CONNECTED) {
      LOG.log(
          lives.isClosing() ? Level.DEBUG : Level.WARNING,
          "connection to {0} broke ({1}); resuming for {2}",
          member,
          cause.map(Throwable::toString).orElse("closed by the peer"),
          local.settings().resumeTime());
      lives.disconnect();
      Outbox breaking = session.outbox();
      if (!lives.isClosing()) {
        news.onDisconnected(member.id(), lives.present());
      }
      if (has(cause, TransportErrors.QUEUE_OVERFLOW)) {
        lose(breaking, (WeftException) cause.orElseThrow());
      } else if (session.isFruitless(cause)) {
        lose(breaking, lost("it keeps sending frames that cannot be read"));
      } else {
        deadlineIn(
            local.settings().resumeTime().toMillis(),
            () -> lose(breaking, lost("it was not back after " + local.settings().resumeTime())));
        hasten();
      }
    }
  }

  private static boolean has(Optional<Throwable> cause, ErrorCode code) {
    return cause.isPresent() && cause.get() instanceof WeftException e && e.code().equals(code);
  }

  // What membership decides

  /** Ends what there is with this life and earlier ones, and refuses them from now on. */
  void evict(long incarnation) {
    lives.evict(incarnation);
    if (lives.state() == State.CLOSED || lives.present() > incarnation) {
      return;
    }
    if (lives.present() != Lives.NONE) {
      LOG.log(Level.INFO, "session with {0} is over: it has been evicted", member);
    }
    endSession();
    lives.ruleOut(incarnation);
    hasten(); // tells that life, and finds the next one
  }

  /**
   * Gets ready to send to the life that is a member of the view, or drops what waited for one that
   * is not.
   */
  void prepare(View view) {
    long expected = view.incarnation(member.id());
    if (lives.state() == State.LEFT && expected > lives.present()) {
      finish();
    }
    if (lives.state() == State.SEEKING && !view.contains(member.id())) {
      session.outbox().end();
    } else if (lives.state() == State.SEEKING
        && expected > lives.over()
        && session.outbox().isRefusing()
        && !lives.isClosing()) {
      session.renew();
    }
  }

  /** Delivers what was kept for the view that is in force now. */
  void deliverParked() {
    session.deliverParked();
  }

  // Dialling

  /** Looks for the peer now. */
  void hasten() {
    dialling.hasten();
  }

  @Override
  public Hello hello(boolean probe) {
    return local.hello(
        member.id().value(),
        probe,
        lives.present(),
        session.received(),
        lives.over(),
        lives.evicted());
  }

  @Override
  public void onWelcome(HandshakeHandler handshake, Welcome welcome) {
    if (lives.fits(welcome)) {
      dialling.met();
      establish(handshake, welcome.incarnation(), welcome.received());
    } else { // meanwhile the session has ended here
      handshake.close();
      dialling.again();
    }
  }

  @Override
  public void onRefused(Refused refused, long known) {
    WeftException reason = refused.toException();
    ErrorCode code = reason.code();
    if (code.equals(TransportErrors.EVICTED)) {
      onEvictedBy(refused.incarnation(), reason);
      dialling.againSlowly();
    } else if (code.equals(TransportErrors.PEER_LOST)
        && known != Lives.NONE
        && refused.incarnation() > known) {
      loseLife(known, lost(RESTARTED));
      dialling.againAtOnce();
    } else if (code.equals(TransportErrors.PEER_LOST) && refused.incarnation() >= known) {
      giveUp(refused.incarnation(), reason);
      dialling.againSlowly();
    } else if (lives.isOwnFault(refused, code, known, local.isInView())) {
      dialling.met();
      stop.refused(member, reason);
    } else {
      complaints.tell(
          LOG,
          code.category() == Category.USER ? Level.WARNING : Level.INFO,
          member + " refuses the connection for now: " + reason);
      dialling.obstacle(member + " refuses the connection: " + reason.getMessage());
      dialling.againSlowly();
    }
  }

  // Accepting

  /** Answers a hello that fits this node's configuration. */
  void onHello(HandshakeHandler handshake, Hello hello) {
    learnFrom(hello);
    Optional<Refused> refusal = lives.refusalOf(hello);
    if (refusal.isPresent()) {
      Refused said = refusal.get();
      refusals.refuse(
          handshake, OptionalInt.of(member.id().value()), said, lastComplaint.equals(said.text()));
      lastComplaint = said.text();
    } else if (hello.probe()) {
      dialling.calledFrom(handshake.address());
      handshake.sayAndClose(new Welcome(self.incarnation(), 0));
      hasten();
    } else {
      handshake
          .say(new Welcome(self.incarnation(), session.received()))
          .addListener(
              loop.listener(
                  written -> {
                    if (!written.isSuccess()) {
                      return;
                    }
                    if (lives.isWelcome(hello)) { // frames may follow, past the channel's own queue
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
    if (!lives.isCredible(hello)) {
      return;
    }
    if (lives.present() != Lives.NONE && caller > lives.present()) {
      if (lives.state() == State.LEFT) {
        finish();
      } else {
        loseLife(lives.present(), lost(RESTARTED));
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

  // The session's life

  private void establish(HandshakeHandler handshake, long incarnation, long peerReceived) {
    session.closeConnection(); // it broke without our noticing
    boolean first = lives.state() == State.SEEKING;
    lives.connect(incarnation);
    lastComplaint = "";
    cancelDeadline();
    dialling.rest();
    if (first && session.outbox().isRefusing()) {
      session.renew();
    }
    session.carryOn(handshake);
    if (first) {
      LOG.log(Level.INFO, "connected to {0}", member);
      news.onConnected(member.id(), lives.present());
    }
    session.resume(peerReceived, resent -> onResumed(first, resent));
  }

  private void onResumed(boolean first, int resent) {
    if (!first) {
      LOG.log(Level.INFO, "resumed with {0}, {1} messages sent again", member, resent);
      local.counters().reconnects().increment();
      local.counters().resent().add(resent);
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
    if (losing != session.outbox()) {
      return;
    }
    if (lives.present() != Lives.NONE) {
      loseLife(lives.present(), reason);
    } else if (lives.state() == State.SEEKING && !session.outbox().isRefusing()) { // it never came
      long expected = local.expectedLife(member.id());
      session.outbox().end();
      giveUp(expected, reason);
    }
  }

  /** Loses the session with that life, if it is the present one, and looks for the next life. */
  private void loseLife(long losing, WeftException reason) {
    if (lives.present() != losing || !lives.isInSession()) {
      return;
    }
    LOG.log(lives.isClosing() ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
    endSession();
    if (!lives.isClosing()) {
      news.onLost(member.id(), losing, reason);
    }
    hasten();
  }

  /** Loses that life even if there never was a session with it. */
  private void giveUp(long losing, WeftException reason) {
    if (lives.present() == losing) {
      loseLife(losing, reason);
    } else if (lives.present() == Lives.NONE && losing > lives.over()) {
      LOG.log(lives.isClosing() ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
      lives.ruleOut(losing);
      session.outbox().end();
      if (!lives.isClosing()) {
        news.onLost(member.id(), losing, reason);
      }
    }
  }

  /** A life of the peer says that this life of the node has been evicted. */
  private void onEvictedBy(long by, WeftException reason) {
    if (lives.present() > by || lives.state() == State.CLOSED) {
      return;
    }
    endSession();
    lives.ruleOut(by);
    if (by > evictedBy && !lives.isClosing()) {
      evictedBy = by;
      LOG.log(Level.WARNING, "{0}: {1}", member, reason);
      news.onLost(member.id(), by, reason);
    }
  }

  private void finish() {
    if (lives.state() == State.LEFT) {
      endSession();
      hasten();
    }
  }

  /** Ends the session, if there is one; this node is ready for that with a later life. */
  private void endSession() {
    cancelDeadline();
    session.end();
    lives.endSession();
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
          lives.beginClosing();
          if (lives.isInSession()) {
            session.outbox().sayGoodbye();
          } else {
            session.outbox().skipGoodbye();
          }
          session.outbox().farewell().thenRun(() -> left.complete(null));
        });
    return left;
  }

  /** Ends the session whatever its state. */
  CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    loop.execute(
        () -> {
          lives.beginClosing();
          dialling.cancel();
          endSession();
          lives.close();
          closed.complete(null);
        });
    return closed;
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    loop.execute(session::cut);
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
