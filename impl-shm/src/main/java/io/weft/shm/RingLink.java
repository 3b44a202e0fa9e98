// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.metrics.Counter;
import io.weft.spi.peer.FrameLink;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.TransportCounters;
import io.weft.spi.session.Frame;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The writing half of a connection. Owned by the thread that drains the peer's {@link Outbox}.
 *
 * <p>A frame is encoded in place in the ring, and its payload copied there: the only copy on this
 * side. A frame that is longer than a record of the ring is divided into fragments. There is no
 * checksum: what one process writes into memory of the machine, another one reads as it was.
 *
 * <p>If the ring is full, the frame that finds no room waits here, and all others in the session,
 * until the peer has consumed something ({@link #hasNewRoom}).
 */
final class RingLink implements FrameLink {
  /** Bytes after which a batch ends, so that new urgent messages are taken: 512 KiB. */
  private static final int MAX_BATCH_BYTES = 512 << 10;

  private static final int NOT_BLOCKED = -1;

  private final Wire wire;
  private final RingWriter ring;
  private final TransportCounters counters;
  private final Counter wakes;
  private final LamportClock clock;
  private final Views views;

  /** The first bytes of a frame that is divided. */
  private final ByteBuffer staged =
      ByteBuffer.allocate(Frame.PREFIX_BYTES + Frame.MAX_HEADER_BYTES);

  private OutboundMessage divided;
  private int dividedAt;
  private int stagedBytes;
  private OutboundMessage waiting;
  private boolean closed;

  /** What the peer had consumed when the ring was full; {@link #NOT_BLOCKED} if it is not. */
  private volatile long blockedAt = NOT_BLOCKED;

  /** Number of the last frame received, for acknowledgements; written by the receiving thread. */
  private volatile long received;

  /** The last acknowledgement that has left; read by the receiving thread. */
  private volatile long acknowledged;

  RingLink(LocalNode local, Counter wakes, Wire wire, RingWriter ring, long received) {
    this.wakes = wakes;
    this.wire = wire;
    this.ring = ring;
    this.counters = local.counters();
    this.clock = local.clock();
    this.views = local.views();
    this.received = received;
    this.acknowledged = received; // sent in the handshake
  }

  @Override
  public void received(long sequence) {
    received = sequence;
  }

  @Override
  public long acknowledged() {
    return acknowledged;
  }

  /** Whether frames wait for room, and the peer has made some. The receiving thread. */
  boolean hasNewRoom() {
    long at = blockedAt;
    return at != NOT_BLOCKED && ring.consumed() != at;
  }

  @Override
  public boolean isLoopOnly() {
    return false;
  }

  @Override
  public boolean writeBatch(OutboundSession out) {
    if (closed || !hasWork(out)) {
      return false;
    }
    long scn = clock.current();
    long acknowledgement = received;
    int messages = 0;
    long bytes = 0;
    boolean room = true;
    while (room && bytes < MAX_BATCH_BYTES && hasWork(out)) {
      OutboundMessage message = next(out);
      room = write(message, acknowledgement, scn);
      if (room) {
        messages++;
        bytes += length(message);
      }
    }
    if (messages > 0) {
      acknowledged = acknowledgement;
      counters.flushes().increment();
      counters.messagesSent().add(messages);
      counters.bytesSent().add(bytes);
    }
    wakePeer();
    return room && hasWork(out);
  }

  private boolean hasWork(OutboundSession out) {
    return waiting != null || out.hasNext();
  }

  private OutboundMessage next(OutboundSession out) {
    OutboundMessage message = waiting == null ? out.next() : waiting;
    waiting = null;
    return message;
  }

  private static int length(OutboundMessage message) {
    return Frame.PREFIX_BYTES + message.header().length + message.payloadBytes();
  }

  /** Writes a frame; false if it, or the rest of it, has to wait for room. */
  private boolean write(OutboundMessage message, long acknowledgement, long scn) {
    boolean written =
        length(message) <= ring.maxBody()
            ? writeWhole(message, acknowledgement, scn)
            : writeDivided(message, acknowledgement, scn);
    if (!written) {
      waiting = message;
    }
    return written;
  }

  private boolean writeWhole(OutboundMessage message, long acknowledgement, long scn) {
    int at = claim(length(message));
    if (at < 0) {
      return false;
    }
    int bytes = Frame.encode(ring.bytes(), at, message, acknowledgement, scn);
    if (message.payloadBytes() > 0) {
      MemorySegment payload = message.payload().segment();
      MemorySegment.copy(payload, 0, ring.memory(), at + bytes, message.payloadBytes());
    }
    ring.publish(Ring.FRAME | Ring.WHOLE);
    return true;
  }

  private boolean writeDivided(OutboundMessage message, long acknowledgement, long scn) {
    if (divided != message) {
      divided = message;
      dividedAt = 0;
      stagedBytes = Frame.encode(staged, 0, message, acknowledgement, scn);
    }
    int total = stagedBytes + message.payloadBytes();
    while (dividedAt < total) {
      int bytes = Math.min(total - dividedAt, ring.maxBody());
      int at = claim(bytes);
      if (at < 0) {
        return false;
      }
      copy(message, at, bytes);
      int kind = Ring.FRAME | (dividedAt == 0 ? Ring.FIRST : 0);
      dividedAt += bytes;
      ring.publish(kind | (dividedAt == total ? Ring.LAST : 0));
    }
    divided = null;
    return true;
  }

  /** Copies the next bytes of the divided frame into the ring. */
  private void copy(OutboundMessage message, int at, int bytes) {
    int fromStaged = Math.clamp(stagedBytes - dividedAt, 0, bytes);
    if (fromStaged > 0) {
      ring.bytes().put(at, staged, dividedAt, fromStaged);
    }
    if (bytes > fromStaged) {
      int payloadAt = dividedAt + fromStaged - stagedBytes;
      MemorySegment payload = message.payload().segment();
      MemorySegment.copy(payload, payloadAt, ring.memory(), at + fromStaged, bytes - fromStaged);
    }
  }

  /** Claims room; if there is none, the peer is asked to report when it has made some. */
  private int claim(int bytes) {
    int at = ring.claim(bytes);
    if (at < 0) {
      blockedAt = ring.consumed();
      ring.askForRoom();
      at = ring.claim(bytes);
    }
    if (at >= 0) {
      blockedAt = NOT_BLOCKED;
    }
    return at;
  }

  @Override
  public boolean acknowledge() {
    long acknowledgement = received;
    if (closed || acknowledged >= acknowledgement) {
      return true;
    }
    int at = waiting == null ? claim(Frame.PREFIX_BYTES) : -1; // never between fragments
    if (at < 0) {
      return false;
    }
    Frame.encodeAcknowledgement(ring.bytes(), at, acknowledgement, views.epoch(), clock.current());
    ring.publish(Ring.FRAME | Ring.WHOLE);
    acknowledged = acknowledgement;
    counters.acknowledgements().increment();
    wakePeer();
    return true;
  }

  private void wakePeer() {
    if (wire.wakePeer()) {
      wakes.increment();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      blockedAt = NOT_BLOCKED;
      wire.release();
    }
  }
}
