// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import io.weft.tcp.HandshakeMessage.Welcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * Looks for one peer for as long as there is a reason to: one attempt at a time, the next one after
 * a pause that doubles up to {@value #MAX_BACKOFF_MS} ms, or at once if there is news. Owned by the
 * peer's event loop.
 *
 * <p>The node with the higher id dials. A node that has just started with the lower one dials, too,
 * but only to ask whether it would be accepted (a probe): so every node learns from its own
 * dialling that its configuration does not fit, nobody's start can be spoilt by a stranger who
 * calls, and a peer that waits between two attempts learns that there is somebody.
 */
final class Dialling {
  /** Whoever looks for the peer. Called on the event loop. */
  interface Seeker {
    /** What is said to the peer now. */
    Hello hello(boolean probe);

    /** The peer takes the session; ends with {@link #met} or {@link #again}. */
    void onWelcome(HandshakeHandler handshake, Welcome welcome);

    /**
     * The peer refuses the session; ends with a call that says how dialling goes on.
     *
     * @param known the life whose session was to be resumed; 0 if a new one was asked for
     */
    void onRefused(Refused refused, long known);
  }

  private static final long FIRST_BACKOFF_MS = 5;
  private static final long MAX_BACKOFF_MS = 200; // a view with a new node waits for this
  private static final Logger LOG = System.getLogger(Dialling.class.getName());

  private final LocalNode local;
  private final Member member;
  private final IoLoop loop;
  private final EventLoops loops;
  private final Lives lives;
  private final Seeker seeker;
  private final boolean dials;
  private final Complaints complaints = new Complaints(System::nanoTime);

  private boolean probed;
  private boolean dialling;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<Future<?>> redial = Optional.empty();

  /** From where a peer has called that has no session; empty as long as none has. */
  private Optional<String> calledFrom = Optional.empty();

  /** Why there is no session, for people; empty if there is one, or nothing is known. */
  private volatile String obstacle = "";

  Dialling(
      LocalNode local, Member member, IoLoop loop, EventLoops loops, Lives lives, Seeker seeker) {
    this.local = local;
    this.member = member;
    this.loop = loop;
    this.loops = loops;
    this.lives = lives;
    this.seeker = seeker;
    this.dials = local.node().nodeId().compareTo(member.id()) > 0;
  }

  /** Why there is no session, for people; empty if nothing is known. Any thread. */
  String obstacle() {
    return obstacle;
  }

  /** Notes why there is no session. */
  void obstacle(String text) {
    obstacle = text;
  }

  /** The peer has called from there, and has no session yet. */
  void calledFrom(String address) {
    calledFrom = Optional.of(address);
  }

  // When

  private boolean wantsToDial() {
    return switch (lives.state()) {
      case SEEKING -> !lives.isClosing() && (dials || !probed && lives.over() == Lives.NONE);
      case RESUMING -> dials;
      case CONNECTED, LEFT, CLOSED -> false;
    };
  }

  /** Looks for the peer now. */
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

  /** The attempt has failed: the next one follows after a pause. */
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

  /** The attempt has failed for a reason that lasts: the next one follows after a long pause. */
  void againSlowly() {
    backoffMs = MAX_BACKOFF_MS;
    again();
  }

  /** The attempt has failed for a reason that is gone. */
  void againAtOnce() {
    dialling = false;
    hasten();
  }

  /** The attempt is over, and no other one follows it. */
  void met() {
    dialling = false;
  }

  /** There is a session on a connection, whoever has dialled. */
  void rest() {
    backoffMs = FIRST_BACKOFF_MS;
    obstacle = "";
    calledFrom = Optional.empty();
    cancel();
  }

  /** Forgets the next attempt; one that is under way goes on. */
  void cancel() {
    redial.ifPresent(timer -> timer.cancel(false));
    redial = Optional.empty();
  }

  // How

  private void connect() {
    ReceiveBuffer receive = new ReceiveBuffer();
    Bootstrap bootstrap = loops.dialling(loop.eventLoop(), local.settings());
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
                        new Speaking(),
                        channel,
                        receive,
                        local.settings().handshakeTimeout(),
                        loop::onThrown));
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
    if (calledFrom.isEmpty() || lives.isClosing()) {
      LOG.log(Level.DEBUG, text);
    } else {
      complaints.warn(
          LOG,
          text
              + "; but it runs, for it calls from "
              + calledFrom.get()
              + ": check its address in weft.members, its bind-host, and the network");
    }
    again();
  }

  /** The handshake as the side that speaks first. */
  private final class Speaking implements HandshakeHandler.Side {
    /** The life whose session is to be resumed. */
    private long known;

    @Override
    public Optional<HandshakeMessage> opening() {
      known = lives.present();
      return Optional.of(seeker.hello(!dials));
    }

    @Override
    public void onMessage(HandshakeHandler handshake, HandshakeMessage message) {
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
      if (lives.isClosing()) {
        LOG.log(Level.DEBUG, text);
      } else {
        complaints.warn(LOG, text);
      }
      obstacle = member + " did not complete the handshake: " + reason.getMessage();
      again();
    }
  }
}
