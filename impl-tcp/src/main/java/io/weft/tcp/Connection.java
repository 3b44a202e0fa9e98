// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weft.api.WeftException;
import io.weft.spi.peer.FrameReceiver;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.peer.Services;
import io.weft.spi.session.Frame;
import io.weft.spi.session.InboundSession;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A connection that carries the frames of a session. This is its receiving half, which handles
 * frames in place in the receive buffer; {@link Link} is the writing half. Owned by its event loop.
 */
final class Connection extends ChannelInboundHandlerAdapter implements PeerConnection {
  private final Holder holder;
  private final IoLoop loop;
  private final Channel channel;
  private final Outbox outbox;
  private final Link link;
  private final FrameReceiver receiver;
  private final CRC32C crc = new CRC32C();

  private final ReceiveBuffer receive;
  private final ByteBuffer received;
  private final MemorySegment memory;

  private boolean open = true;
  private Optional<Throwable> cause = Optional.empty();

  Connection(
      Holder holder,
      LocalNode local,
      Services services,
      IoLoop loop,
      Channel channel,
      ReceiveBuffer receive,
      Outbox outbox,
      InboundSession in) {
    this.holder = holder;
    this.loop = loop;
    this.channel = channel;
    this.receive = receive;
    this.outbox = outbox;
    this.link =
        new Link(local, unblocked -> outbox.command(unblocked::unblock), channel, in.received());
    this.receiver = new FrameReceiver(holder, local, services, loop, outbox, link, in);
    this.received = receive.buffer().nioBuffer(0, ReceiveBuffer.BYTES);
    this.memory = MemorySegment.ofBuffer(received.duplicate().clear()).asReadOnly();
  }

  @Override
  public Link link() {
    return link;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    loop.beginBatch();
    try {
      receive();
    } catch (WeftException e) {
      fail(e);
    } catch (Throwable t) { // a frame may be counted as received without having been delivered
      loop.onThrown(t);
      fail(t);
    } finally {
      ((ByteBuf) read).release();
    }
  }

  /** Handles all frames that have been received completely. */
  void receive() {
    ByteBuf buffer = receive.buffer();
    int at = buffer.readerIndex();
    int end = buffer.writerIndex();
    while (open && end - at >= Frame.LENGTH_KNOWN_BYTES) {
      received.clear();
      if (!Frame.hasMagic(received, at)) {
        throw receiver.corrupt(TransportErrors.CORRUPT_FRAME, "a frame without its magic");
      }
      if (!Frame.isLengthLegal(received, at)) {
        throw receiver.corrupt(
            TransportErrors.FRAME_TOO_LARGE, "a frame longer than " + Frame.MAX_BYTES);
      }
      int length = Frame.length(received, at);
      if (end - at < length) {
        break;
      }
      if (!Frame.isIntact(crc, received, at, length)) {
        throw receiver.corrupt(TransportErrors.CORRUPT_FRAME, "a frame with a wrong checksum");
      }
      received.clear();
      receiver.onFrame(received, memory, at, length);
      at += length;
    }
    if (open) {
      buffer.readerIndex(at);
      receive.makeRoom();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    try {
      loop.endBatch();
      receiver.acknowledgeSoon();
    } catch (Throwable t) { // messages may be left unsent
      loop.onThrown(t);
    }
  }

  @Override
  public void resumeReading() {
    try {
      receive();
      receiver.acknowledgeSoon();
    } catch (WeftException e) {
      fail(e);
    }
  }

  // End

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable thrown) {
    fail(thrown);
  }

  private void fail(Throwable reason) {
    if (cause.isEmpty()) {
      cause = Optional.of(reason);
    }
    channel.close();
    closed();
  }

  private void closed() {
    if (open) {
      open = false;
      receiver.close();
      outbox.detach(link);
      holder.onDisconnected(this, cause);
    }
  }

  @Override
  public void cut() {
    channel.close();
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      receiver.close();
      channel.close();
      outbox.detach(link);
    }
  }
}
