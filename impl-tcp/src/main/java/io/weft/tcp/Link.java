// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.weft.spi.peer.FrameLink;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.TransportCounters;
import io.weft.spi.session.Frame;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.zip.CRC32C;

/**
 * The writing half of a connection. Owned by the thread that drains the peer's {@link Outbox}.
 *
 * <p>Frames are gathered in batches: headers are copied into one staging buffer, payloads are
 * written from their memory, and one call passes all pieces to the kernel. With a {@link
 * DirectSocket} the calling thread makes that call. The rest that the kernel does not accept, or
 * everything without a direct socket, goes through the channel, and no further batch begins before
 * it has left.
 */
final class Link implements FrameLink {
  /** The owner of the links of one session. */
  interface Owner {
    /**
     * The channel of the link has sent everything: runs {@link #unblock()} on the draining thread.
     * Any thread.
     */
    void unblock(Link unblocked);
  }

  /** Size of the staging buffer for headers: 64 KiB. */
  private static final int STAGING_BYTES = 64 << 10;

  /** Most staged bytes of one frame. */
  private static final int MAX_STAGED_FRAME = Frame.PREFIX_BYTES + Frame.MAX_HEADER_BYTES;

  /** Bytes after which a batch ends: 512 KiB. */
  private static final int MAX_BATCH_BYTES = 512 << 10;

  /** The payload of a frame without one. */
  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

  private final Owner owner;
  private final Channel channel;
  private final Optional<DirectSocket> direct;
  private final TransportCounters counters;
  private final LamportClock clock;
  private final Views views;
  private final CRC32C crc = new CRC32C();

  private ByteBuf staging;
  private ByteBuffer staged;
  private long stagingAddress;
  private int stagedFrom;
  private int stagedTo;

  private final long[] addresses = new long[DirectSocket.MAX_PIECES];
  private final long[] lengths = new long[DirectSocket.MAX_PIECES];
  private final MemorySegment[] payloads = new MemorySegment[DirectSocket.MAX_PIECES];
  private int pieces;
  private long batchBytes;
  private int batchMessages;

  private boolean blocked;
  private boolean closed;

  /** Number of the last frame received, for acknowledgements; written by the event loop. */
  private volatile long received;

  /** The last acknowledgement that has left; read by the event loop. */
  private volatile long acknowledged;

  Link(LocalNode local, Owner owner, Channel channel, long received) {
    this.owner = owner;
    this.channel = channel;
    this.direct = DirectSocket.of(channel);
    this.counters = local.counters();
    this.clock = local.clock();
    this.views = local.views();
    this.received = received;
    this.acknowledged = received; // sent in the handshake
    newStaging();
  }

  @Override
  public boolean isLoopOnly() {
    return direct.isEmpty();
  }

  @Override
  public void received(long sequence) {
    received = sequence;
  }

  @Override
  public long acknowledged() {
    return acknowledged;
  }

  /** {@inheritDoc} Writes nothing before the last batch has left. */
  @Override
  public boolean writeBatch(OutboundSession out) {
    if (blocked || closed || !out.hasNext()) {
      return false;
    }
    long scn = clock.current();
    long acknowledgement = received;
    while (out.hasNext() && hasRoom()) {
      add(out.next(), acknowledgement, scn);
    }
    acknowledged = acknowledgement;
    send();
    return !blocked && !closed && out.hasNext();
  }

  @Override
  public boolean acknowledge() {
    long acknowledgement = received;
    if (closed || acknowledged >= acknowledgement) {
      return true;
    }
    if (blocked) {
      return false;
    }
    int bytes =
        Frame.encodeAcknowledgement(
            staged, stagedTo, acknowledgement, views.epoch(), clock.current());
    Frame.writeChecksum(crc, staged, stagedTo, bytes, NO_BYTES);
    staged.clear();
    stagedTo += bytes;
    batchBytes += bytes;
    acknowledged = acknowledgement;
    counters.acknowledgements().increment();
    send();
    return true;
  }

  private boolean hasRoom() {
    return stagedTo + MAX_STAGED_FRAME <= STAGING_BYTES
        && pieces + 3 <= DirectSocket.MAX_PIECES
        && batchBytes < MAX_BATCH_BYTES;
  }

  private void add(OutboundMessage message, long acknowledgement, long scn) {
    int bytes = Frame.encode(staged, stagedTo, message, acknowledgement, scn);
    boolean hasPayload = message.payloadBytes() > 0;
    MemorySegment payload = hasPayload ? message.payload().segment() : MemorySegment.NULL;
    Frame.writeChecksum(
        crc, staged, stagedTo, bytes, hasPayload ? payload.asByteBuffer() : NO_BYTES);
    staged.clear();
    stagedTo += bytes;
    batchBytes += bytes + message.payloadBytes();
    batchMessages++;
    if (hasPayload) {
      endStagedPiece();
      payloads[pieces] = payload;
      addresses[pieces] = payload.address();
      lengths[pieces] = payload.byteSize();
      pieces++;
    }
  }

  private void endStagedPiece() {
    if (stagedTo > stagedFrom) {
      addresses[pieces] = stagingAddress + stagedFrom;
      lengths[pieces] = stagedTo - stagedFrom;
      pieces++;
      stagedFrom = stagedTo;
    }
  }

  private void send() {
    endStagedPiece();
    counters.flushes().increment();
    counters.messagesSent().add(batchMessages);
    counters.bytesSent().add(batchBytes);
    try {
      long written = direct.isPresent() ? sendDirectly(direct.get()) : 0;
      if (written < batchBytes) {
        sendThroughChannel(written);
      }
    } catch (IOException e) {
      closed = true; // the event loop notices it, too, and ends the connection
      channel.close();
    }
    for (int i = 0; i < pieces; i++) {
      payloads[i] = null;
    }
    pieces = 0;
    batchBytes = 0;
    batchMessages = 0;
    stagedFrom = 0;
    stagedTo = 0;
    if (staging.refCnt() > 1) { // the channel still uses a part of it
      staging.release();
      newStaging();
    }
  }

  private long sendDirectly(DirectSocket socket) throws IOException {
    for (int i = 0; i < pieces; i++) {
      socket.piece(i, addresses[i], lengths[i]);
    }
    return socket.write(pieces);
  }

  private void sendThroughChannel(long written) {
    ByteBuf[] rest = new ByteBuf[pieces];
    int count = 0;
    long skip = written;
    for (int i = 0; i < pieces; i++) {
      if (skip >= lengths[i]) {
        skip -= lengths[i];
      } else {
        rest[count++] = rest(i, (int) skip);
        skip = 0;
      }
    }
    int last = count;
    if (channel.eventLoop().inEventLoop()) {
      blocked = !writeAll(rest, last);
    } else {
      blocked = true;
      try {
        channel
            .eventLoop()
            .execute(
                () -> {
                  if (writeAll(rest, last)) {
                    owner.unblock(this);
                  }
                });
      } catch (RejectedExecutionException e) {
        closed = true; // the event loop has ended, and the channel with it
      }
    }
  }

  private ByteBuf rest(int piece, int skip) {
    int length = (int) lengths[piece] - skip;
    MemorySegment payload = payloads[piece];
    if (payload != null) {
      return Unpooled.wrappedBuffer(payload.asSlice(skip, length).asByteBuffer());
    }
    return staging.retainedSlice((int) (addresses[piece] - stagingAddress) + skip, length);
  }

  /** Whether everything has left; otherwise the owner is notified later. Event loop. */
  private boolean writeAll(ByteBuf[] buffers, int count) {
    for (int i = 0; i < count - 1; i++) {
      channel.write(buffers[i], channel.voidPromise());
    }
    ChannelFuture last = channel.writeAndFlush(buffers[count - 1]);
    if (last.isDone()) {
      return true;
    }
    last.addListener(f -> owner.unblock(this));
    return false;
  }

  /** The channel has sent everything. */
  void unblock() {
    blocked = false;
  }

  private void newStaging() {
    staging = Unpooled.directBuffer(STAGING_BYTES, STAGING_BYTES);
    staged = staging.nioBuffer(0, STAGING_BYTES);
    stagingAddress = MemorySegment.ofBuffer(staged).address();
  }

  @Override
  public void close() {
    closed = true;
    staging.release();
    direct.ifPresent(DirectSocket::close);
  }
}
