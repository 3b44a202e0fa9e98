// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.session.HandshakeMessage.Welcome;
import io.weft.spi.session.PeerIncarnations;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Connects to one peer while a session is wanted: one attempt at a time, the next one after a pause
 * that doubles up to {@value #MAX_BACKOFF_MS} ms, or at once if the situation has changed. Owned by
 * the peer's loop.
 *
 * <p>The node with the higher id dials. A node that has just started dials nodes with higher ids,
 * too, but only to ask whether it would be accepted (a probe). So every node learns from its own
 * dialling that its configuration does not fit, and an unknown caller cannot make its start fail. A
 * probe also makes a peer that pauses between attempts dial at once.
 *
 * @param <H> the handshakes of the transport
 */
public final class Connecting<H extends Handshake> {
  /**
   * Makes the attempts to connect. Called on the loop.
   *
   * @param <H> the handshakes of the transport
   */
  @FunctionalInterface
  public interface Dialler<H extends Handshake> {
    /**
     * Begins an attempt. It ends with a handshake, whose side is the attempt, or with {@link
     * Attempt#onUnreachable}, {@link Attempt#onAbsent} or {@link Attempt#onRejected}.
     */
    void dial(Connecting<H>.Attempt attempt);
  }

  /** The owner, who wants a session with the peer. Called on the loop. */
  interface Seeker<H extends Handshake> {
    /** The hello for the peer. */
    Hello hello(boolean probe);

    /** The peer accepts the session; must call {@link #met} or {@link #again}. */
    void onWelcome(H handshake, Welcome welcome);

    /**
     * The peer refuses the session; must call one of the methods that continue or end the dialling.
     *
     * @param known the incarnation whose session was to be resumed; 0 if a new session was
     *     requested
     */
    void onRefused(Refused refused, long known);
  }

  /** First pause between two attempts, in milliseconds. */
  private static final long FIRST_BACKOFF_MS = 5;

  private static final long MAX_BACKOFF_MS = 200; // a view with a new node may wait this long
  private static final Logger LOG = System.getLogger(Connecting.class.getName());

  private final LocalNode local;

  /** The peer at its agreed address, for texts. */
  private volatile Member member;

  /** Where to find the peer, tried in turns: at its agreed address, and at its configured one. */
  private List<Member> addresses;

  private int attempts;

  /** Whether the peer is in the list of members. */
  private boolean listed = true;

  private final PeerLoop loop;
  private final Dialler<H> dialler;
  private final PeerIncarnations incarnations;
  private final Seeker<H> seeker;
  private final boolean dials;
  private final LimitedLog limitedLog;

  private boolean probed;
  private boolean dialling;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<PeerLoop.Timer> redial = Optional.empty();

  /** Address from which the peer has called without getting a session; empty if it has not. */
  private Optional<String> calledFrom = Optional.empty();

  /**
   * Why there is no session, as text for an operator; empty if there is one, or the reason is not
   * known.
   */
  private volatile String obstacle = "";

  Connecting(
      LocalNode local,
      Member member,
      PeerLoop loop,
      Dialler<H> dialler,
      PeerIncarnations incarnations,
      Seeker<H> seeker) {
    this.local = local;
    this.member = member;
    this.addresses = List.of(member);
    this.loop = loop;
    this.dialler = dialler;
    this.limitedLog = new LimitedLog(loop::nanoTime);
    this.incarnations = incarnations;
    this.seeker = seeker;
    this.dials = local.node().nodeId().compareTo(member.id()) > 0;
  }

  /** Why there is no session, as text for an operator; empty if not known. Any thread. */
  String obstacle() {
    return obstacle;
  }

  /** Records why there is no session. */
  void obstacle(String text) {
    obstacle = text;
  }

  /** The peer has called from this address, and has no session yet. */
  void calledFrom(String address) {
    calledFrom = Optional.of(address);
  }

  /** The peer is a member with this address, or none any more. */
  void contact(Optional<Member> agreed) {
    boolean news = !listed || agreed.filter(member::equals).isEmpty();
    listed = agreed.isPresent();
    if (agreed.isPresent() && news) {
      member = agreed.get();
      addresses =
          Stream.concat(
                  Stream.of(member),
                  local.node().members().stream().filter(m -> m.id().equals(member.id())))
              .distinct()
              .toList();
      attempts = 0;
      probed = false;
      hasten();
    }
  }

  // When

  private boolean wantsToDial() {
    return listed && isWithoutConnection();
  }

  private boolean isWithoutConnection() {
    return switch (incarnations.state()) {
      case SEEKING ->
          !incarnations.isClosing()
              && (dials || !probed && incarnations.over() == PeerIncarnations.NONE);
      case RESUMING -> dials;
      case CONNECTED, LEFT, CLOSED -> false;
    };
  }

  /** Dials now, without waiting for the end of a pause. */
  void hasten() {
    backoffMs = FIRST_BACKOFF_MS;
    cancel();
    dial();
  }

  private void dial() {
    if (!dialling && redial.isEmpty() && wantsToDial()) {
      dialling = true;
      dialler.dial(new Attempt());
    }
  }

  /** The attempt has failed; the next one follows after a pause. */
  void again() {
    dialling = false;
    long delayMs = backoffMs;
    backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
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

  /** The attempt has failed for a lasting reason; the next one follows after the longest pause. */
  void againSlowly() {
    backoffMs = MAX_BACKOFF_MS;
    again();
  }

  /** The attempt has failed for a reason that has been removed; the next one follows at once. */
  void againAtOnce() {
    dialling = false;
    hasten();
  }

  /** The attempt has ended, and no other one follows. */
  void met() {
    dialling = false;
  }

  /** A connection with a session exists, dialled by either side. */
  void rest() {
    backoffMs = FIRST_BACKOFF_MS;
    obstacle = "";
    calledFrom = Optional.empty();
    cancel();
  }

  /** Cancels the next attempt; a current one continues. */
  void cancel() {
    redial.ifPresent(PeerLoop.Timer::cancel);
    redial = Optional.empty();
  }

  // How

  /**
   * One attempt to connect: what the dialler has to know, and the dialling side of the handshake.
   */
  public final class Attempt implements HandshakeSide<H> {
    /** The incarnation whose session is to be resumed; 0 for a new session. */
    private long known;

    private Attempt() {}

    /** The peer at its agreed address. */
    public Member member() {
      return member;
    }

    /** Where to find the peer: at its agreed address, then at its configured one. */
    public List<Member> addresses() {
      return addresses;
    }

    /** The address for a dialler that tries one at a time: they take turns. */
    public Member nextAddress() {
      return addresses.get(attempts++ % addresses.size());
    }

    /** Whether this node only asks whether it would be accepted. */
    public boolean isProbe() {
      return !dials;
    }

    /**
     * The peer's address cannot be reached. Usually the peer is down. If it has called, it runs, so
     * its configured address is wrong or unreachable, which is worth a warning.
     *
     * @param obstacle the reason, as text for an operator
     * @param text the reason, for the log
     */
    public void onUnreachable(String obstacle, String text) {
      Connecting.this.obstacle = obstacle;
      if (calledFrom.isEmpty() || incarnations.isClosing()) {
        LOG.log(Level.DEBUG, text);
      } else {
        limitedLog.warn(
            LOG,
            text
                + "; but it is running: it has called from "
                + calledFrom.get()
                + ": check its address in the list of members, its bind-host, and the network");
      }
      again();
    }

    /** The peer does not run where it was looked for. Usually it is down. */
    public void onAbsent(String reason) {
      obstacle = reason;
      LOG.log(Level.DEBUG, reason);
      again();
    }

    /** The attempt has failed for a lasting reason. */
    public void onRejected(String reason) {
      obstacle = reason;
      warn(reason);
      againSlowly();
    }

    /** Logs a warning, at most once a minute for each peer. */
    public void warn(String text) {
      limitedLog.warn(LOG, text);
    }

    @Override
    public Optional<HandshakeMessage> opening() {
      known = incarnations.present();
      return Optional.of(seeker.hello(!dials));
    }

    @Override
    public void onMessage(H handshake, HandshakeMessage message) {
      switch (message) {
        case Welcome welcome when dials -> seeker.onWelcome(handshake, welcome);
        case Welcome _ -> {
          handshake.close();
          dialling = false;
          probed = true;
        }
        case Refused refused -> {
          handshake.close();
          seeker.onRefused(refused, known);
        }
        case Hello _ -> {
          handshake.close();
          again();
        }
      }
    }

    @Override
    public void onFailed(WeftException reason) {
      String text = "no handshake with " + member + ": " + reason.getMessage();
      if (incarnations.isClosing()) {
        LOG.log(Level.DEBUG, text);
      } else {
        limitedLog.warn(LOG, text);
      }
      obstacle = member + " did not complete the handshake: " + reason.getMessage();
      again();
    }
  }
}
