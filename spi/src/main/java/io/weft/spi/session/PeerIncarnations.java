// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.session.HandshakeMessage.Welcome;
import io.weft.spi.transport.TransportErrors;
import java.util.Optional;

/**
 * The incarnations of a peer as this node knows them, and which of them is accepted: the state of a
 * peer without its connections. A later incarnation has a larger number. Not thread-safe: one
 * thread at a time.
 *
 * <p>A session connects one incarnation of either node. Once ended, it never begins again between
 * the same two incarnations, because each side would have to know that the other one has lost no
 * message. So numbers only grow: incarnations up to {@link #over} have had their session, and
 * incarnations up to {@link #evicted} never get one.
 */
public final class PeerIncarnations {
  /** No incarnation, or none is known. */
  public static final long NONE = 0;

  /** The state of the session with the peer; the transports draw the transitions. */
  public enum State {
    /** No session; an incarnation later than {@link PeerIncarnations#over} is accepted. */
    SEEKING,
    /** A connection carries the session. */
    CONNECTED,
    /** The connection has broken, and the session waits for another one. */
    RESUMING,
    /** The peer has sent its goodbye and is about to close the connection. */
    LEFT,
    /** This node has left. */
    CLOSED
  }

  private final SessionId self;
  private final Member member;
  private State state = State.SEEKING;
  private long present = NONE;
  private long over = NONE;
  private long evicted = NONE;
  private boolean closing;

  /** No incarnation of the member is known to {@code self} yet. */
  public PeerIncarnations(SessionId self, Member member) {
    this.self = self;
    this.member = member;
  }

  /** The state of the session. */
  public State state() {
    return state;
  }

  /** The peer's incarnation in the current session; {@link #NONE} if there is no session. */
  public long present() {
    return present;
  }

  /** The latest incarnation whose session has ended, or that never gets one. */
  public long over() {
    return over;
  }

  /** The latest incarnation that the members have evicted. */
  public long evicted() {
    return evicted;
  }

  /** Whether this node is about to leave, so that it begins no further session. */
  public boolean isClosing() {
    return closing;
  }

  /** Whether there is a session, with or without a connection. */
  public boolean isInSession() {
    return state == State.CONNECTED || state == State.RESUMING;
  }

  // What happens

  /** The session with that incarnation begins or continues on a connection. */
  public void connect(long incarnation) {
    present = incarnation;
    state = State.CONNECTED;
  }

  /** The connection has broken; the session continues. */
  public void disconnect() {
    state = State.RESUMING;
  }

  /** The peer has sent its goodbye. */
  public void leave() {
    state = State.LEFT;
  }

  /** Ends the session, if there is one. */
  public void endSession() {
    over = Math.max(over, present);
    present = NONE;
    state = State.SEEKING;
  }

  /** That incarnation and earlier ones get no session any more. */
  public void ruleOut(long incarnation) {
    over = Math.max(over, incarnation);
  }

  /** The members have evicted that incarnation and earlier ones. */
  public void evict(long incarnation) {
    evicted = Math.max(evicted, incarnation);
  }

  /** This node is about to leave. */
  public void beginClosing() {
    closing = true;
  }

  /** This node has left. */
  public void close() {
    state = State.CLOSED;
  }

  // Which incarnation is accepted

  /** Whether a dialled peer is an incarnation with which a session can begin or continue now. */
  public boolean fits(Welcome welcome) {
    return switch (state) {
      case SEEKING -> welcome.incarnation() > over;
      case RESUMING -> welcome.incarnation() == present;
      case CONNECTED, LEFT, CLOSED -> false;
    };
  }

  /** Whether a hello is to be believed: it does not come from an ended incarnation. */
  public boolean isCredible(Hello hello) {
    return hello.incarnation() > evicted && hello.incarnation() >= present && state != State.CLOSED;
  }

  /** Whether a caller is accepted, as far as this peer is concerned. */
  public boolean isAccepted(Hello hello) {
    return refusalOf(hello).isEmpty();
  }

  /** Why a caller is refused; empty if it is accepted. */
  public Optional<Refused> refusalOf(Hello hello) {
    long caller = hello.incarnation();
    if (state == State.CLOSED || closing && state == State.SEEKING) {
      return refusal(TransportErrors.NOT_READY, self.node() + " is leaving");
    }
    if (caller <= evicted) {
      return refusal(
          TransportErrors.EVICTED,
          self.node()
              + " refuses this incarnation of "
              + member.id()
              + ": the members have evicted it; restart it");
    }
    if (caller < Math.max(present, over)) {
      return refusal(
          TransportErrors.DUPLICATE_NODE_ID,
          "a later incarnation of "
              + member.id()
              + " is known to "
              + self.node()
              + "; give this node a unique id, or correct its clock");
    }
    if (caller == over) {
      return refusal(
          TransportErrors.PEER_LOST,
          self.node() + " has ended its session with this incarnation of " + member.id());
    }
    return switch (state) {
      case SEEKING, CONNECTED, RESUMING -> isSessionKnown(hello) ? Optional.empty() : unknown();
      case LEFT ->
          refusal(
              TransportErrors.PEER_LOST,
              member.id() + " has left and closed its session with " + self.node());
      case CLOSED -> refusal(TransportErrors.NOT_READY, self.node() + " is closed");
    };
  }

  /** Whether the caller means the current session, or one that neither side has used yet. */
  private boolean isSessionKnown(Hello hello) {
    boolean unused = hello.received() == 0;
    boolean meansThisIncarnation = hello.knownIncarnation() == self.incarnation();
    return state == State.SEEKING
        ? hello.knownIncarnation() == NONE || meansThisIncarnation && unused
        : meansThisIncarnation || hello.knownIncarnation() == NONE && unused;
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
   * Whether this node has to stop for a refusal, because it does not fit, or because there is a
   * later incarnation of it. A node that has been in a view does fit, whatever process answers at
   * the address of a peer; and a newcomer believes only a member of its own cluster ({@link
   * Terms}).
   *
   * @param known the incarnation whose session this node asked for; {@link #NONE} for a new session
   * @param inView whether this node has ever been in a view
   */
  public boolean isOwnFault(Refused refused, ErrorCode code, long known, boolean inView) {
    boolean duplicate = code.equals(TransportErrors.DUPLICATE_NODE_ID);
    if (known != NONE || over != NONE || inView) { // so the other one does not fit
      return duplicate && refused.incarnation() == known;
    }
    return Terms.isOwnFault(code);
  }
}
