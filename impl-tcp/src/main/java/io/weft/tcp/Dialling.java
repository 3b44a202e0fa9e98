// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.session.HandshakeMessage.Welcome;
import io.weft.spi.session.PeerIncarnations;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Connects to one peer while a session is wanted: one attempt at a time, the next one after a pause
 * that doubles up to {@value #MAX_BACKOFF_MS} ms, or at once if the situation has changed. Owned by
 * the peer's event loop.
 *
 * <p>The node with the higher id dials. A node that has just started dials nodes with higher ids,
 * too, but only to ask whether it would be accepted (a probe). So every node learns from its own
 * dialling that its configuration does not fit, and an unknown caller cannot make its start fail. A
 * probe also makes a peer that pauses between attempts dial at once.
 */
final class Dialling {
  /** The owner of the dialling. Called on the event loop. */
  interface Seeker {
    /** The hello for the peer. */
    Hello hello(boolean probe);

    /** The peer accepts the session; must call {@link #met} or {@link #again}. */
    void onWelcome(HandshakeHandler handshake, Welcome welcome);

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
  private static final Logger LOG = System.getLogger(Dialling.class.getName());

  private final LocalNode local;

  /** The peer at its agreed address, for texts. */
  private volatile Member member;

  /** Where to find the peer, tried in turns: at its agreed address, and at its configured one. */
  private List<Member> addresses;

  private int attempts;

  /** Whether the peer is in the list of members. */
  private boolean listed = true;

  private final IoLoop loop;
  private final EventLoops loops;
  private final PeerIncarnations incarnations;
  private final Seeker seeker;
  private final boolean dials;
  private final LimitedLog limitedLog = new LimitedLog(System::nanoTime);

  private boolean probed;
  private boolean dialling;
  private long backoffMs = FIRST_BACKOFF_MS;
  private Optional<Future<?>> redial = Optional.empty();

  /** Address from which the peer has called without getting a session; empty if it has not. */
  private Optional<String> calledFrom = Optional.empty();

  /**
   * Why there is no session, as text for an operator; empty if there is one, or the reason is not
   * known.
   */
  private volatile String obstacle = "";

  Dialling(
      LocalNode local,
      Member member,
      IoLoop loop,
      EventLoops loops,
      PeerIncarnations incarnations,
      Seeker seeker) {
    this.local = local;
    this.member = member;
    this.addresses = List.of(member);
    this.loop = loop;
    this.loops = loops;
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
    calledFrom = Optional.empty();
    cancel();
  }

  /** Cancels the next attempt; a current one continues. */
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
            loop.guarded(
                () ->
                    prepare(channel)); // Netty would only log an exception, and dialling would end
          }

          private void prepare(Channel channel) {
            loops.protection().dialled(channel, local.certified(member.id().value()));
            boolean encrypted = loops.protection().isEncrypted();
            DecryptedReads.receive(channel, receive, encrypted);
            channel
                .pipeline()
                .addLast(
                    new HandshakeHandler(
                        new Speaking(),
                        channel,
                        receive,
                        local.settings().handshakeTimeout(),
                        encrypted,
                        loop::onThrown));
          }
        });
    Member address = addresses.get(attempts++ % addresses.size());
    ChannelFuture connecting = bootstrap.connect(address.host(), address.port());
    connecting.channel().closeFuture().addListener(f -> receive.free());
    connecting.addListener(
        loop.listener(
            connected -> {
              if (!connected.isSuccess()) {
                onUnreachable(address, connected.cause());
              }
            }));
  }

  /**
   * The peer's address cannot be reached. Usually the peer is down. If it has called, it runs, so
   * its configured address is wrong or unreachable, which is worth a warning.
   */
  private void onUnreachable(Member address, Throwable cause) {
    obstacle = address + " cannot be reached: " + cause.getMessage();
    String text = "cannot connect to " + address + ": " + cause;
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

  /** The handshake on the dialling side. */
  private final class Speaking implements HandshakeHandler.Side {
    /** The incarnation whose session is to be resumed; 0 for a new session. */
    private long known;

    @Override
    public Optional<HandshakeMessage> opening() {
      known = incarnations.present();
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
