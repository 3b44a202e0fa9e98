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
import io.weft.spi.transport.TransportErrors;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Exchanges handshake messages on a new connection until a session takes it over. What a side
 * throws, other than a {@link WeftException} about what it was told, stops the node: Netty would
 * only log it, and nobody would try again.
 */
final class HandshakeHandler extends ChannelInboundHandlerAdapter {
  /** One side of the handshake. Called on the channel's event loop. */
  interface Side {
    /** What is said first, if this side speaks first. */
    Optional<HandshakeMessage> opening();

    /** The other side has spoken. */
    void onMessage(HandshakeHandler handshake, HandshakeMessage message);

    /** The connection has ended, or has to end, without a session; called once at most. */
    void onFailed(WeftException reason);
  }

  private final Side side;
  private final Channel channel;
  private final ReceiveBuffer receive;
  private final Duration timeout;
  private Optional<Future<?>> timer = Optional.empty();
  private final Consumer<Throwable> onThrown;
  private Runnable whenOver = () -> {};
  private boolean said;
  private boolean over;

  /** Makes one; {@code onThrown} hears of what a side throws. */
  HandshakeHandler(
      Side side,
      Channel channel,
      ReceiveBuffer receive,
      Duration timeout,
      Consumer<Throwable> onThrown) {
    this.onThrown = onThrown;
    this.side = side;
    this.channel = channel;
    this.receive = receive;
    this.timeout = timeout;
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
          side.opening().ifPresent(this::say);
        });
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

  /** How far the handshake came, for people. */
  private String howFar() {
    return "this node had said "
        + (said ? "hello" : "nothing")
        + ", and got "
        + receive.buffer().writerIndex()
        + " bytes";
  }

  /** Makes room for a later caller; any thread. */
  void giveWay() {
    channel
        .eventLoop()
        .execute(
            () ->
                fail(
                    new WeftException(
                        TransportErrors.HANDSHAKE_TIMEOUT,
                        address()
                            + " had not introduced itself when too many others called; the oldest"
                            + " is hung up on first")));
  }

  /** Who calls, for people. */
  String address() {
    return String.valueOf(channel.remoteAddress());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    try {
      if (!over) {
        HandshakeMessage.decode(receive.buffer()).ifPresent(this::tell);
      }
    } catch (WeftException e) {
      fail(new WeftException(e.code(), address() + ": " + e.getMessage(), e));
    } finally {
      ((ByteBuf) read).release();
    }
  }

  private void tell(HandshakeMessage message) {
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
            TransportErrors.NOT_READY, address() + " hung up during the handshake; " + howFar()));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(
        new WeftException(
            TransportErrors.NOT_READY,
            address() + ": connection broke: " + cause + "; " + howFar(),
            cause));
  }

  private void fail(WeftException reason) {
    boolean wasOver = over;
    finish();
    if (!wasOver) {
      guarded(() -> side.onFailed(reason));
    }
    channel.close(); // who sees the end of the connection finds it counted
  }

  /** Writes a message. */
  ChannelFuture say(HandshakeMessage message) {
    said = true;
    return channel.writeAndFlush(encoded(message));
  }

  /** Writes a last message and closes the connection behind it. */
  void sayAndClose(HandshakeMessage message) {
    finish();
    channel.writeAndFlush(encoded(message)).addListener(ChannelFutureListener.CLOSE);
  }

  /** Closes the connection; the side is not told. */
  void close() {
    finish();
    channel.close();
  }

  /** Hands the connection, and what has been received beyond the handshake, to a session. */
  void handOver(ChannelHandler connection) {
    finish();
    channel.pipeline().replace(this, "session", connection);
  }

  ReceiveBuffer receiveBuffer() {
    return receive;
  }

  /** Sets what runs once, when the handshake has ended one way or the other. */
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
    HandshakeMessage.encode(message, out);
    return out;
  }
}
