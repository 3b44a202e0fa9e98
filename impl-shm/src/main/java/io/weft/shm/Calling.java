// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.session.HandshakeMessage.Welcome;
import io.weft.spi.session.PeerIncarnations;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Connects to one peer while a session is wanted: one attempt at a time, the next one after a pause
 * that doubles up to {@value #MAX_BACKOFF_MS} ms, or at once if the situation has changed. Owned by
 * the receiving thread.
 *
 * <p>The node with the higher id dials. A node that has just started dials nodes with higher ids,
 * too, but only to ask whether it would be accepted (a probe). So every node learns from its own
 * dialling that its configuration does not fit, and an unknown caller cannot make its start fail. A
 * probe also makes a peer that pauses between attempts dial at once.
 */
final class Calling {
  /** Who wants a session with the peer. Called on the receiving thread. */
  interface Seeker {
    /** The hello for the peer. */
    Hello hello(boolean probe);

    /** The peer accepts the session; must call {@link #met} or {@link #again}. */
    void onWelcome(Handshake handshake, Welcome welcome);

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
  private static final Logger LOG = System.getLogger(Calling.class.getName());

  private final ThisNode local;

  /** The peer at its agreed address, for texts. */
  private volatile Member member;

  /** Under which addresses to look for the peer: its agreed one, then its configured one. */
  private List<Member> addresses;

  /** Whether the peer is in the list of members. */
  private boolean listed = true;

  private final ShmLoop loop;
  private final NodePlace place;
  private final NodeStop stop;
  private final PeerIncarnations incarnations;
  private final Seeker seeker;
  private final boolean dials;
  private final LimitedLog limitedLog = new LimitedLog(System::nanoTime);

  private boolean probed;
  private boolean dialling;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<ShmLoop.Timer> redial = Optional.empty();

  /**
   * Why there is no session, as text for an operator; empty if there is one, or the reason is not
   * known.
   */
  private volatile String obstacle = "";

  Calling(
      ThisNode local,
      Member member,
      ShmLoop loop,
      NodePlace place,
      PeerIncarnations incarnations,
      Seeker seeker,
      NodeStop stop) {
    this.local = local;
    this.member = member;
    this.addresses = List.of(member);
    this.loop = loop;
    this.place = place;
    this.stop = stop;
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
      connect();
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
    cancel();
  }

  /** Cancels the next attempt; a current one continues. */
  void cancel() {
    redial.ifPresent(ShmLoop.Timer::cancel);
    redial = Optional.empty();
  }

  // How

  private void connect() {
    try {
      Optional<String> found = find();
      if (found.isPresent()) {
        call(found.get());
      } else {
        onUnreachable("no process of it runs here, says " + place.directory());
      }
    } catch (NoSuchFileException e) {
      onUnreachable("its process is about to end");
    } catch (IOException | WeftException e) {
      String text = "cannot call " + member + ": " + e.getMessage();
      obstacle = text;
      limitedLog.warn(LOG, text);
      againSlowly();
    }
  }

  /** The first address says under which name a process of the peer lives. */
  private Optional<String> find() throws IOException {
    for (Member address : addresses) {
      Optional<String> found = place.directory().find(address);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private void call(String incarnation) throws IOException {
    Wire wire =
        Wire.make(
            place.directory(),
            incarnation,
            place.self(),
            place.nextNumber(),
            new Wire.Ends(
                local.node().nodeId().value(),
                local.node().incarnation(),
                member.id().value(),
                FileName.incarnationOf(incarnation)),
            dials ? (int) local.settings().ringSize().bytes() : Ring.MIN_BYTES);
    Handshake handshake =
        new Handshake(
            new Speaking(wire), wire, loop, local.settings().handshakeTimeout(), stop::onThrown);
    handshake.begin();
    try {
      wire.call();
    } catch (IOException e) {
      handshake.close();
      wire.withdraw();
      throw e;
    }
  }

  /** The peer cannot be found. Usually it is down. */
  private void onUnreachable(String why) {
    obstacle = member + " cannot be reached: " + why;
    LOG.log(Level.DEBUG, obstacle);
    again();
  }

  /** The handshake on the dialling side. */
  private final class Speaking implements Handshake.Side {
    private final Wire wire;

    /** The incarnation whose session is to be resumed; 0 for a new session. */
    private long known;

    Speaking(Wire wire) {
      this.wire = wire;
    }

    @Override
    public Optional<HandshakeMessage> opening() {
      known = incarnations.present();
      return Optional.of(seeker.hello(!dials));
    }

    @Override
    public void onMessage(Handshake handshake, HandshakeMessage message) {
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
      withdraw();
      String text = "no handshake with " + member + ": " + reason.getMessage();
      if (incarnations.isClosing()) {
        LOG.log(Level.DEBUG, text);
      } else {
        limitedLog.warn(LOG, text);
      }
      obstacle = member + " did not complete the handshake: " + reason.getMessage();
      again();
    }

    /** Deletes the file, which is still there if the peer has not looked at it. */
    private void withdraw() {
      try {
        wire.withdraw();
      } catch (IOException e) {
        limitedLog.warn(LOG, "cannot withdraw a call of " + member + ": " + e);
      }
    }
  }
}
