// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.Category;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.session.HandshakeMessage.Welcome;
import io.weft.spi.session.PeerIncarnations;
import io.weft.spi.session.PeerIncarnations.State;
import io.weft.spi.session.SessionId;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.TransportErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/**
 * Another node of the cluster, through all its incarnations. Connects to it while the transport
 * runs, and keeps the session with its current incarnation over several connections. Owned by its
 * loop; the sending half of the session is the {@link Outbox}.
 *
 * <pre>
 *            hello/welcome                broken
 *   SEEKING ---------------> CONNECTED -----------> RESUMING --hello/welcome--> CONNECTED
 *      ^                         |                     |
 *      |       goodbye, lost, restarted, evicted       |
 *      +-----------------------------------------------+
 * </pre>
 *
 * <p>Nodes that lost each other (a network cut longer than the resume time) refuse each other until
 * one is restarted. {@link Terms} decides between nodes whose terms differ, and {@link
 * PeerIncarnations} which incarnation is accepted.
 *
 * <p>Long because connections, callers, views and stops change the same state, and what each of
 * them does to it has to be read together.
 *
 * @param <H> the handshakes of the transport
 */
public final class Peer<H extends Handshake>
    implements Connecting.Seeker<H>, PeerConnection.Holder {
  private static final String RESTARTED = "it has been restarted"; // reason of a loss
  private static final Logger LOG = System.getLogger(Peer.class.getName());

  private final LocalNode local;
  private final SessionId self;

  /** The peer at its agreed address. Written on the loop's thread. */
  private volatile Member member;

  private final Carrier<H> carrier;
  private final PeerLoop loop;
  private final GuardedListener listener;
  private final Refusals refusals;
  private final NodeStop stop;
  private final PeerIncarnations incarnations;
  private final Connecting<H> connecting;
  private final PeerSession<H> session;

  // The loop's thread.
  private long evictedBy = PeerIncarnations.NONE;
  private Optional<PeerLoop.Timer> deadline = Optional.empty();
  private String lastRefusal = "";
  private final LimitedLog limitedLog;

  /** A node that has not been connected yet; {@link #hasten} begins to dial it. */
  public Peer(
      LocalNode local,
      Member member,
      Carrier<H> carrier,
      Services services,
      GuardedListener listener,
      Refusals refusals,
      NodeStop stop) {
    this.local = local;
    this.self = local.self();
    this.member = member;
    this.carrier = carrier;
    this.loop = carrier.loop();
    this.listener = listener;
    this.refusals = refusals;
    this.stop = stop;
    this.limitedLog = new LimitedLog(loop::nanoTime);
    this.incarnations = new PeerIncarnations(self, member);
    this.connecting = new Connecting<>(local, member, loop, carrier.dialler(), incarnations, this);
    this.session = new PeerSession<>(local, carrier, services, this, this::onBroken, stop::stop);
  }

  @Override
  public Member member() {
    return member;
  }

  NodeId id() {
    return member.id();
  }

  /** The loop that owns it. */
  public PeerLoop loop() {
    return loop;
  }

  @Override
  public String toString() {
    return member.toString();
  }

  /** The sending half of the current or next session; any thread. */
  Outbox outbox() {
    return session.outbox();
  }

  /** Why there is no session, as text for an operator; empty if not known. Any thread. */
  String obstacle() {
    return connecting.obstacle();
  }

  // Events of the connection

  @Override
  public void onGoodbye() {
    if (incarnations.state() != State.CONNECTED) {
      return;
    }
    incarnations.leave();
    session.outbox().refuse();
    session.outbox().skipGoodbye();
    session.outbox().acknowledge();
    deadlineIn(local.times().goodbye().toMillis(), this::finish);
    listener.onGoodbye(member.id(), incarnations.present());
  }

  @Override
  public void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    session.park(epoch, service, header, payload);
  }

  @Override
  public void onDisconnected(PeerConnection broken, Optional<Throwable> cause) {
    if (!session.forget(broken)) {
      return;
    }
    if (incarnations.state() == State.LEFT) {
      finish();
    } else if (incarnations.state() == State.CONNECTED) {
      LOG.log(
          incarnations.isClosing() ? Level.DEBUG : Level.WARNING,
          "connection to {0} broke ({1}); resuming for {2}",
          member,
          cause.map(Throwable::toString).orElse("closed by the peer"),
          local.times().resume());
      incarnations.disconnect();
      Outbox breaking = session.outbox();
      if (!incarnations.isClosing()) {
        listener.onDisconnected(member.id(), incarnations.present());
      }
      if (has(cause, TransportErrors.QUEUE_OVERFLOW)) {
        lose(breaking, (WeftException) cause.orElseThrow());
      } else if (session.isFruitless(cause)) {
        lose(breaking, lost("it repeatedly sends corrupt frames"));
      } else {
        deadlineIn(
            local.times().resume().toMillis(),
            () -> lose(breaking, lost("no reconnect within " + local.times().resume())));
        hasten();
      }
    }
  }

  private static boolean has(Optional<Throwable> cause, ErrorCode code) {
    return cause.isPresent() && cause.get() instanceof WeftException e && e.code().equals(code);
  }

  // Decisions of the membership

  /** The peer is a member with this address from now on, or none any more. */
  void contact(Optional<Member> agreed) {
    agreed.ifPresent(now -> member = now);
    connecting.contact(agreed);
  }

  /** Ends the session with this incarnation and earlier ones, and refuses them from now on. */
  void evict(long incarnation) {
    incarnations.evict(incarnation);
    if (incarnations.state() == State.CLOSED || incarnations.present() > incarnation) {
      return;
    }
    if (incarnations.present() != PeerIncarnations.NONE) {
      LOG.log(Level.INFO, "session with {0} is over: it has been evicted", member);
    }
    endSession();
    incarnations.ruleOut(incarnation);
    hasten(); // informs that incarnation, and finds the next one
  }

  /**
   * Accepts messages for the incarnation that is a member of the view, or drops queued messages for
   * a node that is no member.
   */
  void prepare(View view) {
    long expected = view.incarnation(member.id());
    if (incarnations.state() == State.LEFT && expected > incarnations.present()) {
      finish();
    }
    if (incarnations.state() == State.SEEKING && !view.contains(member.id())) {
      session.outbox().end();
    } else if (incarnations.state() == State.SEEKING
        && expected > incarnations.over()
        && session.outbox().isRefusing()
        && !incarnations.isClosing()) {
      session.renew();
    }
  }

  /** Delivers the messages that were parked for the current view. */
  void deliverParked() {
    session.deliverParked();
  }

  // Dialling

  /** Dials the peer now. */
  public void hasten() {
    connecting.hasten();
  }

  @Override
  public Hello hello(boolean probe) {
    return local.hello(
        member.id().value(),
        probe,
        incarnations.present(),
        session.received(),
        incarnations.over(),
        incarnations.evicted());
  }

  @Override
  public void onWelcome(H handshake, Welcome welcome) {
    if (incarnations.fits(welcome)) {
      connecting.met();
      establish(handshake, welcome.incarnation(), welcome.received());
    } else { // the session has ended here meanwhile
      handshake.close();
      connecting.again();
    }
  }

  @Override
  public void onRefused(Refused refused, long known) {
    WeftException reason = refused.toException();
    ErrorCode code = reason.code();
    if (code.equals(TransportErrors.EVICTED)) {
      onEvictedBy(refused.incarnation(), reason);
      connecting.againSlowly();
    } else if (code.equals(TransportErrors.PEER_LOST)
        && known != PeerIncarnations.NONE
        && refused.incarnation() > known) {
      loseIncarnation(known, lost(RESTARTED));
      connecting.againAtOnce();
    } else if (code.equals(TransportErrors.PEER_LOST) && refused.incarnation() >= known) {
      giveUp(refused.incarnation(), reason);
      connecting.againSlowly();
    } else if (incarnations.isOwnFault(refused, code, known, local.isInView())) {
      connecting.met();
      stop.refused(member, reason);
    } else {
      limitedLog.write(
          LOG,
          code.category() == Category.USER ? Level.WARNING : Level.INFO,
          member + " refuses the connection for now: " + reason);
      connecting.obstacle(member + " refuses the connection: " + reason.getMessage());
      connecting.againSlowly();
    }
  }

  // Accepting

  /** A caller has come whose configuration fits; on the thread of the handshake. */
  void introduce(H handshake, Hello hello) {
    carrier.adopt(handshake, () -> onHello(handshake, hello));
  }

  private void onHello(H handshake, Hello hello) {
    learnFrom(hello);
    Optional<Refused> refusal = incarnations.refusalOf(hello);
    if (refusal.isPresent()) {
      Refused said = refusal.get();
      refusals.refuse(
          handshake, OptionalInt.of(member.id().value()), said, lastRefusal.equals(said.text()));
      lastRefusal = said.text();
    } else if (hello.probe()) {
      connecting.calledFrom(handshake.address());
      handshake.sayAndClose(new Welcome(self.incarnation(), 0));
      hasten();
    } else {
      handshake.say(
          new Welcome(self.incarnation(), session.received()),
          () -> {
            if (incarnations.isAccepted(hello)) {
              establish(handshake, hello.incarnation(), hello.received());
            } else {
              handshake.close();
            }
          });
    }
  }

  /** Ends a session that the caller's hello proves to be over. */
  private void learnFrom(Hello hello) {
    long caller = hello.incarnation();
    if (!incarnations.isCredible(hello)) {
      return;
    }
    if (incarnations.present() != PeerIncarnations.NONE && caller > incarnations.present()) {
      if (incarnations.state() == State.LEFT) {
        finish();
      } else {
        loseIncarnation(incarnations.present(), lost(RESTARTED));
      }
    }
    if (hello.evicted() >= self.incarnation()) {
      onEvictedBy(
          caller,
          new WeftException(
              TransportErrors.EVICTED,
              member
                  + " reports that this incarnation of "
                  + self.node()
                  + " has been evicted by the members; restart it"));
    } else if (hello.over() >= self.incarnation()) {
      giveUp(caller, lost("it has declared this incarnation of " + self.node() + " lost"));
    }
  }

  // Begin and end of the session

  private void establish(H handshake, long incarnation, long peerReceived) {
    session.closeConnection(); // an earlier one has broken unnoticed
    boolean first = incarnations.state() == State.SEEKING;
    incarnations.connect(incarnation);
    lastRefusal = "";
    cancelDeadline();
    connecting.rest();
    if (first && session.outbox().isRefusing()) {
      session.renew();
    }
    session.carryOn(handshake);
    if (first) {
      LOG.log(Level.INFO, "connected to {0}", member);
      listener.onConnected(member.id(), incarnations.present());
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

  /** A session cannot continue; any thread. */
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
    if (incarnations.present() != PeerIncarnations.NONE) {
      loseIncarnation(incarnations.present(), reason);
    } else if (incarnations.state() == State.SEEKING
        && !session.outbox().isRefusing()) { // it never connected
      long expected = local.expectedIncarnation(member.id());
      session.outbox().end();
      giveUp(expected, reason);
    }
  }

  /**
   * Loses the session with that incarnation, if it is the current one, and dials the next
   * incarnation.
   */
  private void loseIncarnation(long losing, WeftException reason) {
    if (incarnations.present() != losing || !incarnations.isInSession()) {
      return;
    }
    LOG.log(
        incarnations.isClosing() ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
    endSession();
    if (!incarnations.isClosing()) {
      listener.onLost(member.id(), losing, reason);
    }
    hasten();
  }

  /** Declares that incarnation lost, even without a session. */
  private void giveUp(long losing, WeftException reason) {
    if (incarnations.present() == losing) {
      loseIncarnation(losing, reason);
    } else if (incarnations.present() == PeerIncarnations.NONE && losing > incarnations.over()) {
      LOG.log(
          incarnations.isClosing() ? Level.DEBUG : Level.WARNING, "lost {0}: {1}", member, reason);
      incarnations.ruleOut(losing);
      session.outbox().end();
      if (!incarnations.isClosing()) {
        listener.onLost(member.id(), losing, reason);
      }
    }
  }

  /** An incarnation of the peer reports that this incarnation of this node has been evicted. */
  private void onEvictedBy(long by, WeftException reason) {
    if (incarnations.present() > by || incarnations.state() == State.CLOSED) {
      return;
    }
    endSession();
    incarnations.ruleOut(by);
    if (by > evictedBy && !incarnations.isClosing()) {
      evictedBy = by;
      LOG.log(Level.WARNING, "{0}: {1}", member, reason);
      listener.onLost(member.id(), by, reason);
    }
  }

  private void finish() {
    if (incarnations.state() == State.LEFT) {
      endSession();
      hasten();
    }
  }

  /** Ends the session, if there is one; a session with a later incarnation may follow. */
  private void endSession() {
    cancelDeadline();
    session.end();
    incarnations.endSession();
  }

  /**
   * Sends a goodbye after all queued messages.
   *
   * @return completes when the peer has received it, or when it cannot receive it any more
   */
  CompletableFuture<Void> leave() {
    CompletableFuture<Void> left = new CompletableFuture<>();
    loop.execute(
        () -> {
          incarnations.beginClosing();
          if (incarnations.isInSession()) {
            session.outbox().sayGoodbye();
          } else {
            session.outbox().skipGoodbye();
          }
          session.outbox().farewell().thenRun(() -> left.complete(null));
        });
    return left;
  }

  /** Ends the session in any state. */
  CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    loop.execute(
        () -> {
          incarnations.beginClosing();
          connecting.cancel();
          endSession();
          incarnations.close();
          closed.complete(null);
        });
    return closed;
  }

  /** Breaks the connection as a failing network would; for tests. */
  public void cut() {
    loop.execute(session::cut);
  }

  private void deadlineIn(long delayMs, Runnable task) {
    cancelDeadline();
    deadline = Optional.of(loop.schedule(task, delayMs));
  }

  private void cancelDeadline() {
    deadline.ifPresent(PeerLoop.Timer::cancel);
    deadline = Optional.empty();
  }
}
