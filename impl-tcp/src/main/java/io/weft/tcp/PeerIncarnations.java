// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.spi.session.SessionId;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import io.weft.tcp.HandshakeMessage.Welcome;
import java.util.Optional;

/**
 * What this node knows of the lives of a peer, and who of them is welcome: the state of its {@link
 * Peer} without its connections. A life is named by its incarnation, and later ones have greater
 * numbers. Owned by the peer's event loop.
 *
 * <p>A session joins one life of either node. What has ended between two lives is never begun
 * again: each side would have to know that the other one has lost nothing. So numbers only grow:
 * lives up to {@link #over} have had their session, and lives up to {@link #evicted} never get
 * another.
 */
final class Lives {
  /** In place of the number of a life: there is none, or none is known. */
  static final long NONE = 0;

  /** Where the session with the peer is; {@link Peer} draws the transitions. */
  enum State {
    /** No session; a life later than {@link Lives#over} is welcome. */
    SEEKING,
    CONNECTED,
    RESUMING,
    /** The peer has said goodbye and is about to hang up. */
    LEFT,
    CLOSED
  }

  private final SessionId self;
  private final Member member;
  private State state = State.SEEKING;
  private long present = NONE;
  private long over = NONE;
  private long evicted = NONE;
  private boolean closing;

  Lives(SessionId self, Member member) {
    this.self = self;
    this.member = member;
  }

  State state() {
    return state;
  }

  /** The life that the session is with; {@link #NONE} if there is no session. */
  long present() {
    return present;
  }

  /** The latest life whose session has ended, or which never gets one. */
  long over() {
    return over;
  }

  /** The latest life that the members have evicted. */
  long evicted() {
    return evicted;
  }

  /** Whether this node is about to leave, and begins no session any more. */
  boolean isClosing() {
    return closing;
  }

  /** Whether there is a session, on a connection or between two. */
  boolean isInSession() {
    return state == State.CONNECTED || state == State.RESUMING;
  }

  // What happens

  /** The session with that life begins, or goes on, on a connection. */
  void connect(long incarnation) {
    present = incarnation;
    state = State.CONNECTED;
  }

  /** The connection has broken, the session goes on. */
  void disconnect() {
    state = State.RESUMING;
  }

  /** The peer has said goodbye. */
  void leave() {
    state = State.LEFT;
  }

  /** The session, if there is one, is over. */
  void endSession() {
    over = Math.max(over, present);
    present = NONE;
    state = State.SEEKING;
  }

  /** That life and earlier ones get no session any more. */
  void ruleOut(long incarnation) {
    over = Math.max(over, incarnation);
  }

  /** The members have evicted that life and earlier ones. */
  void evict(long incarnation) {
    evicted = Math.max(evicted, incarnation);
  }

  /** This node is about to leave. */
  void beginClosing() {
    closing = true;
  }

  /** This node has left. */
  void close() {
    state = State.CLOSED;
  }

  // Who is welcome

  /** Whether a peer that was dialled is the one that this node looks for at the moment. */
  boolean fits(Welcome welcome) {
    return switch (state) {
      case SEEKING -> welcome.incarnation() > over;
      case RESUMING -> welcome.incarnation() == present;
      case CONNECTED, LEFT, CLOSED -> false;
    };
  }

  /** Whether a hello tells something: it does not come from a life that is gone. */
  boolean isCredible(Hello hello) {
    return hello.incarnation() > evicted && hello.incarnation() >= present && state != State.CLOSED;
  }

  /** Whether a caller is welcome, as far as this peer is concerned. */
  boolean isWelcome(Hello hello) {
    return refusalOf(hello).isEmpty();
  }

  /** Why a caller is not welcome; empty if it is. */
  Optional<Refused> refusalOf(Hello hello) {
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
    if (caller < Math.max(present, over)) {
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

  /**
   * Whether this node has to stop for a refusal: it does not fit, or there is a later life of it. A
   * member of a view does fit, whoever answers at the address of a peer that it has not met yet;
   * and a newcomer believes only what a member of its own cluster says ({@link Terms}).
   *
   * @param known the life whose session this node asked for; {@link #NONE} if for a new one
   * @param inView whether this node has ever been in a view
   */
  boolean isOwnFault(Refused refused, ErrorCode code, long known, boolean inView) {
    boolean duplicate = code.equals(TransportErrors.DUPLICATE_NODE_ID);
    if (known != NONE || over != NONE || inView) { // so the other one does not fit
      return duplicate && refused.incarnation() == known;
    }
    return Terms.isOwnFault(code);
  }
}
