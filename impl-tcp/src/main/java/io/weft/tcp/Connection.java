// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.session.Frame;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * A connection that carries the frames of a session. Owned by its event loop.
 *
 * <p>Outbound, small frames are gathered in one staging buffer; a payload is written from where it
 * lies, between two slices of that buffer, and the kernel gathers them in one call. Inbound, frames
 * are handled where they were received.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final int STAGING_BYTES = 64 << 10;
  private static final int MAX_STAGED_FRAME = Frame.PREFIX_BYTES + Frame.MAX_HEADER_BYTES;
  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

  private final TcpTransport transport;
  private final Peer peer;
  private final IoLoop loop;
  private final Channel channel;
  private final OutboundSession out;
  private final InboundSession in;
  private final TcpCounters counters;
  private final CRC32C crc = new CRC32C();

  private final ReceiveBuffer receive;
  private final ByteBuffer received;
  private final ByteBuffer header;
  private final MemorySegment memory;

  private ByteBuf staging = Unpooled.EMPTY_BUFFER;
  private ByteBuffer staged = NO_BYTES;
  private int stagedFrom;
  private int stagedTo;

  private boolean acknowledgeTimer;
  private boolean open = true;
  private Optional<Throwable> cause = Optional.empty();

  Connection(
      TcpTransport transport,
      Peer peer,
      IoLoop loop,
      Channel channel,
      ReceiveBuffer receive,
      OutboundSession out,
      InboundSession in) {
    this.transport = transport;
    this.peer = peer;
    this.loop = loop;
    this.channel = channel;
    this.receive = receive;
    this.out = out;
    this.in = in;
    this.counters = transport.counters();
    this.received = receive.buffer().nioBuffer(0, ReceiveBuffer.BYTES);
    this.header = received.duplicate();
    this.memory = MemorySegment.ofBuffer(received.duplicate().clear()).asReadOnly();
  }

  // Inbound

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    loop.beginBatch();
    try {
      receive();
    } catch (WeftException e) {
      fail(e);
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
    transport.clock().observe(Frame.scn(received, at));
    peer.onAcknowledged(Frame.acknowledged(received, at));
    if (!type.isSequenced()) {
      return;
    }
    long epoch = Frame.epoch(received, at);
    int payloadBytes = Frame.payloadBytes(received, at);
    switch (in.arrive(Frame.sequence(received, at), epoch, payloadBytes, transport.epoch())) {
      case DELIVER -> {
        if (type == FrameType.GOODBYE) {
          peer.onGoodbye();
        } else {
          deliver(at, payloadBytes);
        }
      }
      case FUTURE_EPOCH -> {
        int headerAt = at + Frame.PREFIX_BYTES;
        int headerBytes = Frame.headerBytes(received, at);
        peer.park(
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
                  + peer);
    }
  }

  private void deliver(int at, int payloadBytes) {
    int headerAt = at + Frame.PREFIX_BYTES;
    int payloadAt = headerAt + Frame.headerBytes(received, at);
    header.clear().position(headerAt).limit(payloadAt);
    transport.deliver(
        peer.id().value(),
        Frame.service(received, at),
        header,
        payloadBytes == 0 ? MemorySegment.NULL : memory.asSlice(payloadAt, payloadBytes));
  }

  private WeftException corrupt(ErrorCode code, String what) {
    counters.corruptFrames().increment();
    return new WeftException(code, peer + " sent " + what + "; the connection is renewed");
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    loop.endBatch();
    acknowledgeSoon();
    peer.deliverParked();
  }

  /** Handles what arrived together with the end of the handshake. */
  void resumeReading() {
    try {
      receive();
      acknowledgeSoon();
    } catch (WeftException e) {
      fail(e);
    }
  }

  private void acknowledgeSoon() {
    if (!open || !in.owesAcknowledgement()) {
      return;
    }
    long delayNs = transport.settings().acknowledgeDelay().toNanos();
    if (in.isAcknowledgementDue() || delayNs == 0) {
      acknowledge();
    } else if (!acknowledgeTimer) {
      acknowledgeTimer = true;
      channel
          .eventLoop()
          .schedule(
              () -> {
                acknowledgeTimer = false;
                acknowledge();
              },
              delayNs,
              TimeUnit.NANOSECONDS);
    }
  }

  /** Sends what is owed in a frame of its own. */
  void acknowledge() {
    if (open && in.owesAcknowledgement()) {
      reserve(Frame.PREFIX_BYTES);
      int bytes =
          Frame.encodeAcknowledgement(
              staged, stagedTo, in.received(), transport.epoch(), transport.clock().current());
      Frame.seal(crc, staged, stagedTo, bytes, NO_BYTES);
      staged.clear();
      stagedTo += bytes;
      in.acknowledgementSent();
      counters.acknowledgements().increment();
      counters.bytesSent().add(bytes);
      flush();
    }
  }

  // Outbound

  /** Writes what the session has for the wire, as far as the kernel and our buffers take it. */
  void write() {
    if (!open || !out.hasNext()) {
      return;
    }
    long scn = transport.clock().current();
    while (out.hasNext() && channel.isWritable()) {
      write(out.next(), scn);
    }
    flush();
  }

  private void write(OutboundMessage message, long scn) {
    reserve(MAX_STAGED_FRAME);
    int bytes = Frame.encode(staged, stagedTo, message, in.received(), scn);
    boolean hasPayload = message.payloadBytes() > 0;
    ByteBuffer payload = hasPayload ? message.payload().segment().asByteBuffer() : NO_BYTES;
    Frame.seal(crc, staged, stagedTo, bytes, payload);
    staged.clear();
    stagedTo += bytes;
    if (hasPayload) {
      writeStaged();
      channel.write(Unpooled.wrappedBuffer(payload.clear()), channel.voidPromise());
    }
    in.acknowledgementSent();
    counters.messagesSent().increment();
    counters.bytesSent().add(bytes + message.payloadBytes());
  }

  /** Makes sure that the staging buffer has room for a frame without its payload. */
  private void reserve(int bytes) {
    if (stagedTo + bytes <= staging.capacity()) {
      return;
    }
    writeStaged();
    staging.release();
    staging = Unpooled.directBuffer(STAGING_BYTES, STAGING_BYTES);
    staged = staging.nioBuffer(0, STAGING_BYTES);
    stagedFrom = 0;
    stagedTo = 0;
  }

  private void writeStaged() {
    if (stagedTo > stagedFrom) {
      channel.write(
          staging.retainedSlice(stagedFrom, stagedTo - stagedFrom), channel.voidPromise());
      stagedFrom = stagedTo;
    }
  }

  private void flush() {
    writeStaged();
    channel.flush();
    counters.flushes().increment();
    if (staging.refCnt() == 1) { // the kernel has taken all of it
      stagedFrom = 0;
      stagedTo = 0;
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      peer.scheduleDrain();
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
      staging.release();
      peer.onDisconnected(this, cause);
    }
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    channel.close();
  }

  /** Closes without telling the peer object; nothing of this connection is used afterwards. */
  void close() {
    if (open) {
      open = false;
      channel.close();
      staging.release();
    }
  }
}
