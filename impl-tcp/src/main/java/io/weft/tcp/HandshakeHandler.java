// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.weft.api.WeftException;
import io.weft.spi.peer.Handshake;
import io.weft.spi.peer.HandshakeSide;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.TlsException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Exchanges handshake messages on a new connection until a session takes it over. An exception of a
 * side stops the node, except a {@link WeftException} about a received message. Netty would only
 * log it, and the connection would not be retried.
 */
final class HandshakeHandler extends ChannelInboundHandlerAdapter implements Handshake {
  /** First byte of a record of TLS with a message of its handshake (RFC 8446, 5.1). */
  private static final byte TLS_HANDSHAKE = 22;

  /** Second byte of every record of TLS. */
  private static final byte TLS_MAJOR_VERSION = 3;

  private static final String OTHER_SIDE_ENCRYPTS =
      "; the caller speaks TLS, and this node does not: set weft.transport.tcp.tls alike on all"
          + " nodes";

  private final HandshakeSide<HandshakeHandler> side;
  private final Channel channel;
  private final ReceiveBuffer receive;
  private final Duration timeout;

  /** Whether the peer has to prove who it is before anything is said. */
  private final boolean encrypted;

  private Optional<CertifiedNode> provenPeer = Optional.empty();
  private Optional<Future<?>> timer = Optional.empty();
  private final Consumer<Throwable> onThrown;
  private Runnable whenOver = () -> {};
  private boolean said;
  private boolean over;

  /**
   * Creates a handler.
   *
   * @param encrypted whether TLS stands before it, and reports a {@link CertifiedNode}
   * @param onThrown receives exceptions of the side
   */
  HandshakeHandler(
      HandshakeSide<HandshakeHandler> side,
      Channel channel,
      ReceiveBuffer receive,
      Duration timeout,
      boolean encrypted,
      Consumer<Throwable> onThrown) {
    this.onThrown = onThrown;
    this.side = side;
    this.channel = channel;
    this.receive = receive;
    this.timeout = timeout;
    this.encrypted = encrypted;
  }

  Channel channel() {
    return channel;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    guarded(
        () -> {
          timer =
              Optional.of(
                  channel
                      .eventLoop()
                      .schedule(this::onTimeout, timeout.toMillis(), TimeUnit.MILLISECONDS));
          if (!encrypted) {
            side.opening().ifPresent(this::say);
          }
        });
  }

  /** The node that the certificate of the peer is for; empty if connections are not encrypted. */
  Optional<CertifiedNode> provenPeer() {
    return provenPeer;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof CertifiedNode proven && !over) {
      provenPeer = Optional.of(proven);
      guarded(() -> side.opening().ifPresent(this::say));
    }
  }

  private void onTimeout() {
    fail(
        new WeftException(
            TransportErrors.HANDSHAKE_TIMEOUT,
            address() + " did not finish the handshake in " + timeout + "; " + howFar()));
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      close();
      onThrown.accept(t);
    }
  }

  /** The progress of the handshake, as text for messages. */
  private String howFar() {
    return "this node had said "
        + (said ? "hello" : "nothing")
        + ", and got "
        + receive.buffer().writerIndex()
        + " bytes";
  }

  /** Closes the connection in favour of a later caller; any thread. */
  void giveWay() {
    channel
        .eventLoop()
        .execute(
            () ->
                fail(
                    new WeftException(
                        TransportErrors.HANDSHAKE_TIMEOUT,
                        address()
                            + " had not sent a hello when the limit of pending callers was reached;"
                            + " the oldest connection is closed")));
  }

  @Override
  public String address() {
    return String.valueOf(channel.remoteAddress());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    try {
      if (encrypted && provenPeer.isEmpty()) {
        throw new WeftException(TransportErrors.TLS_FAILED, "data came before a certificate");
      }
      if (!over) {
        HandshakeBytes.decode(receive.buffer()).ifPresent(this::pass);
      }
    } catch (WeftException e) {
      String hint = !encrypted && isTls(receive.buffer()) ? OTHER_SIDE_ENCRYPTS : "";
      fail(new WeftException(e.code(), address() + ": " + e.getMessage() + hint, e));
    } finally {
      ((ByteBuf) read).release();
    }
  }

  /** Whether the first bytes are those of a record of TLS that begins a handshake. */
  private static boolean isTls(ByteBuf received) {
    return received.writerIndex() >= 2
        && received.getByte(0) == TLS_HANDSHAKE
        && received.getByte(1) == TLS_MAJOR_VERSION;
  }

  private void pass(HandshakeMessage message) {
    try {
      side.onMessage(this, message);
    } catch (WeftException e) {
      throw e;
    } catch (Throwable t) {
      close();
      onThrown.accept(t);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(
        new WeftException(
            TransportErrors.NOT_READY,
            address() + " closed the connection during the handshake; " + howFar()));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof TlsException) {
      fail(
          new WeftException(
              TransportErrors.TLS_FAILED, address() + " " + cause.getMessage(), cause));
      return;
    }
    fail(
        new WeftException(
            TransportErrors.NOT_READY,
            address() + ": connection failed: " + cause + "; " + howFar(),
            cause));
  }

  private void fail(WeftException reason) {
    boolean wasOver = over;
    finish();
    if (!wasOver) {
      guarded(() -> side.onFailed(reason));
    }
    channel.close(); // closed last, so that it is already counted when its end is observed
  }

  private ChannelFuture say(HandshakeMessage message) {
    said = true;
    return channel.writeAndFlush(encoded(message));
  }

  /** Frames may follow past the channel's own queue, so the message has to have left before. */
  @Override
  public void say(HandshakeMessage message, Runnable written) {
    say(message)
        .addListener(
            sent -> {
              if (sent.isSuccess()) {
                guarded(written);
              }
            });
  }

  @Override
  public void sayAndClose(HandshakeMessage message) {
    finish();
    channel.writeAndFlush(encoded(message)).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void close() {
    finish();
    channel.close();
  }

  /** Hands the connection to a session, with the bytes received after the handshake. */
  void handOver(ChannelHandler connection) {
    finish();
    channel.pipeline().replace(this, "session", connection);
  }

  ReceiveBuffer receiveBuffer() {
    return receive;
  }

  /** Sets an action that runs once when the handshake has ended, with or without success. */
  void whenOver(Runnable action) {
    whenOver = action;
  }

  private void finish() {
    if (over) {
      return;
    }
    over = true;
    whenOver.run();
    timer.ifPresent(t -> t.cancel(false));
    timer = Optional.empty();
  }

  private ByteBuf encoded(HandshakeMessage message) {
    ByteBuf out = channel.alloc().buffer();
    HandshakeBytes.encode(message, out);
    return out;
  }
}
