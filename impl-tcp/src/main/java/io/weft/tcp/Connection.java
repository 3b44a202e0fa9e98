// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.peer.Services;
import io.weft.spi.peer.TransportCounters;
import io.weft.spi.session.Arrival;
import io.weft.spi.session.Frame;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A connection that carries the frames of a session. This is its receiving half, which handles
 * frames in place in the receive buffer; {@link Link} is the writing half. Owned by its event loop.
 */
final class Connection extends ChannelInboundHandlerAdapter
    implements PeerConnection, IoLoop.Unacknowledged {
  private final Holder holder;
  private final int from;
  private final Services services;
  private final LamportClock clock;
  private final Views views;
  private final boolean acknowledgesAtOnce;
  private final IoLoop loop;
  private final Channel channel;
  private final Outbox outbox;
  private final Link link;
  private final InboundSession in;
  private final TransportCounters counters;
  private final CRC32C crc = new CRC32C();

  private final ReceiveBuffer receive;
  private final ByteBuffer received;
  private final ByteBuffer header;
  private final MemorySegment memory;

  private boolean unacknowledged;
  private long unacknowledgedSinceNs;
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
    this.from = holder.member().id().value();
    this.services = services;
    this.clock = local.clock();
    this.views = local.views();
    this.acknowledgesAtOnce = local.times().acknowledgeDelay().isZero();
    this.loop = loop;
    this.channel = channel;
    this.receive = receive;
    this.outbox = outbox;
    this.link =
        new Link(local, unblocked -> outbox.command(unblocked::unblock), channel, in.received());
    this.in = in;
    this.counters = local.counters();
    this.received = receive.buffer().nioBuffer(0, ReceiveBuffer.BYTES);
    this.header = received.duplicate();
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
        throw corrupt(TransportErrors.CORRUPT_FRAME, "a frame without its magic");
      }
      if (!Frame.isLengthLegal(received, at)) {
        throw corrupt(TransportErrors.FRAME_TOO_LARGE, "a frame longer than " + Frame.MAX_BYTES);
      }
      int length = Frame.length(received, at);
      if (end - at < length) {
        break;
      }
      if (!Frame.isIntact(crc, received, at, length)) {
        throw corrupt(TransportErrors.CORRUPT_FRAME, "a frame with a wrong checksum");
      }
      received.clear();
      onFrame(at, length);
      at += length;
    }
    if (open) {
      buffer.readerIndex(at);
      receive.makeRoom();
    }
  }

  private void onFrame(int at, int length) {
    counters.bytesReceived().add(length);
    FrameType type =
        FrameType.of(Frame.typeCode(received, at))
            .orElseThrow(() -> corrupt(TransportErrors.CORRUPT_FRAME, "a frame of unknown type"));
    clock.observe(Frame.scn(received, at));
    outbox.acknowledged(Frame.acknowledged(received, at));
    if (!type.isSequenced()) {
      return;
    }
    long epoch = Frame.epoch(received, at);
    int payloadBytes = Frame.payloadBytes(received, at);
    Arrival arrival = in.arrive(Frame.sequence(received, at), epoch, payloadBytes, views.epoch());
    link.received(in.received());
    switch (arrival) {
      case DELIVER -> {
        if (type == FrameType.GOODBYE) {
          holder.onGoodbye();
        } else {
          deliver(at, payloadBytes);
        }
      }
      case FUTURE_EPOCH -> {
        int headerAt = at + Frame.PREFIX_BYTES;
        int headerBytes = Frame.headerBytes(received, at);
        holder.park(
            epoch,
            Frame.service(received, at),
            header.clear().position(headerAt).limit(headerAt + headerBytes),
            memory.asSlice(headerAt + headerBytes, payloadBytes));
      }
      case DUPLICATE -> counters.duplicates().increment();
      case STALE_EPOCH -> {}
      case GAP ->
          throw new WeftException(
              TransportErrors.SESSION_BROKEN,
              "message "
                  + Frame.sequence(received, at)
                  + " follows "
                  + in.received()
                  + " from "
                  + holder.member());
    }
  }

  private void deliver(int at, int payloadBytes) {
    int headerAt = at + Frame.PREFIX_BYTES;
    int payloadAt = headerAt + Frame.headerBytes(received, at);
    header.clear().position(headerAt).limit(payloadAt);
    services.deliver(
        from,
        Frame.service(received, at),
        header,
        payloadBytes == 0 ? MemorySegment.NULL : memory.asSlice(payloadAt, payloadBytes));
  }

  private WeftException corrupt(ErrorCode code, String what) {
    counters.corruptFrames().increment();
    return new WeftException(
        code, holder.member() + " sent " + what + "; the connection is renewed");
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    try {
      loop.endBatch();
      acknowledgeSoon();
    } catch (Throwable t) { // messages may be left unsent
      loop.onThrown(t);
    }
  }

  @Override
  public void resumeReading() {
    try {
      receive();
      acknowledgeSoon();
    } catch (WeftException e) {
      fail(e);
    }
  }

  private void acknowledgeSoon() {
    if (!hasUnacknowledged()) {
      return;
    }
    if (in.isAcknowledgementDue() || acknowledgesAtOnce) {
      outbox.acknowledge();
    } else if (!unacknowledged) {
      unacknowledged = true;
      unacknowledgedSinceNs = System.nanoTime();
      loop.acknowledgeLater(this);
    }
  }

  @Override
  public boolean acknowledgeIfDueSince(long thenNs) {
    boolean isDue = hasUnacknowledged();
    if (isDue && unacknowledgedSinceNs - thenNs > 0) {
      return false;
    }
    unacknowledged = false;
    if (isDue) {
      outbox.acknowledge();
    }
    return true;
  }

  private boolean hasUnacknowledged() {
    in.acknowledgementSent(link.acknowledged());
    return open && in.owesAcknowledgement();
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
      channel.close();
      outbox.detach(link);
    }
  }
}
