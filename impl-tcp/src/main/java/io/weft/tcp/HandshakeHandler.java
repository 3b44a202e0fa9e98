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
  private final HandshakeSide<HandshakeHandler> side;
  private final Channel channel;
  private final ReceiveBuffer receive;
  private final Duration timeout;
  private Optional<Future<?>> timer = Optional.empty();
  private final Consumer<Throwable> onThrown;
  private Runnable whenOver = () -> {};
  private boolean said;
  private boolean over;

  /** Creates a handler; {@code onThrown} receives exceptions of the side. */
  HandshakeHandler(
      HandshakeSide<HandshakeHandler> side,
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
      if (!over) {
        HandshakeBytes.decode(receive.buffer()).ifPresent(this::pass);
      }
    } catch (WeftException e) {
      fail(new WeftException(e.code(), address() + ": " + e.getMessage(), e));
    } finally {
      ((ByteBuf) read).release();
    }
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
