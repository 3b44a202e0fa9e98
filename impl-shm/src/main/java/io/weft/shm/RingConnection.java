// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
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
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A connection that carries the frames of a session. This is its receiving half, which handles
 * frames in place in the ring; {@link RingLink} is the writing half. Owned by the receiving thread.
 */
final class RingConnection implements PeerConnection, ShmLoop.Source, ShmLoop.Unacknowledged {
  /** Most messages handled before the other connections have their turn. */
  private static final int MAX_MESSAGES_OF_A_POLL = 32;

  private final Holder holder;
  private final int from;
  private final Services services;
  private final LamportClock clock;
  private final Views views;
  private final boolean acknowledgesAtOnce;
  private final ShmLoop loop;
  private final Wire wire;
  private final MessageReader reader;
  private final Outbox outbox;
  private final RingLink link;
  private final InboundSession in;
  private final TransportCounters counters;
  private final Consumer<String> onProcessEnded;

  private boolean unacknowledged;
  private long unacknowledgedSinceNs;
  private boolean peerEnded;
  private boolean polling;
  private boolean open = true;
  private boolean released;
  private Optional<Throwable> cause = Optional.empty();

  /**
   * Continues a session on a connection whose handshake has ended.
   *
   * @param wakes counts sleeping peers that were woken
   * @param onProcessEnded receives an incarnation whose process has ended, and left its files
   */
  RingConnection(
      Holder holder,
      LocalNode local,
      Services services,
      ShmLoop loop,
      RingHandshake handshake,
      Outbox outbox,
      InboundSession in,
      Counter wakes,
      Consumer<String> onProcessEnded) {
    this.holder = holder;
    this.from = holder.member().id().value();
    this.services = services;
    this.clock = local.clock();
    this.views = local.views();
    this.acknowledgesAtOnce = local.times().acknowledgeDelay().isZero();
    this.loop = loop;
    this.wire = handshake.wire();
    this.reader = handshake.reader();
    this.outbox = outbox;
    this.link = new RingLink(local, wakes, wire, handshake.writer(), in.received());
    this.in = in;
    this.counters = local.counters();
    this.onProcessEnded = onProcessEnded;
  }

  @Override
  public RingLink link() {
    return link;
  }

  @Override
  public boolean hasWork() {
    return reader.hasNext() || link.hasNewRoom() || wire.isHungUp() || peerEnded;
  }

  @Override
  public boolean poll() {
    boolean any = false;
    polling = true;
    try {
      if (link.hasNewRoom()) {
        outbox.signal();
        any = true;
      }
      boolean last = peerEnded || wire.isHungUp(); // read before the ring
      any |= receive();
      if (last && open && !reader.hasNext()) {
        closed();
        any = true;
      }
    } catch (WeftException e) {
      fail(e);
    } catch (Throwable t) { // a frame may be counted as received without having been delivered
      loop.onThrown(t);
      fail(t);
    } finally {
      polling = false;
      releaseIfClosed();
    }
    return any;
  }

  private boolean receive() {
    int messages = 0;
    while (open && messages < MAX_MESSAGES_OF_A_POLL && reader.next()) {
      messages++;
      onMessage();
      if (open) {
        reader.done();
      }
    }
    boolean any = messages > 0;
    if (open && reader.owesRoom()) { // also of a message that is not complete: the rest needs it
      any = true;
      if (reader.giveRoom()) {
        wire.wakePeer();
      }
    }
    if (open && messages > 0) {
      acknowledgeSoon();
    }
    return any;
  }

  private void onMessage() {
    ByteBuffer bytes = reader.bytes();
    int at = reader.at();
    if (!reader.isFrame() || reader.length() < Frame.PREFIX_BYTES || !Frame.hasMagic(bytes, at)) {
      throw corrupt(TransportErrors.CORRUPT_FRAME, "a record that is no frame");
    }
    if (!Frame.isLengthLegal(bytes, at) || Frame.length(bytes, at) != reader.length()) {
      throw corrupt(TransportErrors.CORRUPT_FRAME, "a frame whose length is not its record's");
    }
    onFrame(bytes, reader.memory(), at);
  }

  private void onFrame(ByteBuffer bytes, MemorySegment memory, int at) {
    counters.bytesReceived().add(reader.length());
    FrameType type =
        FrameType.of(Frame.typeCode(bytes, at))
            .orElseThrow(() -> corrupt(TransportErrors.CORRUPT_FRAME, "a frame of unknown type"));
    clock.observe(Frame.scn(bytes, at));
    outbox.acknowledged(Frame.acknowledged(bytes, at));
    if (!type.isSequenced()) {
      return;
    }
    long epoch = Frame.epoch(bytes, at);
    int payloadBytes = Frame.payloadBytes(bytes, at);
    Arrival arrival = in.arrive(Frame.sequence(bytes, at), epoch, payloadBytes, views.epoch());
    link.received(in.received());
    switch (arrival) {
      case DELIVER -> {
        if (type == FrameType.GOODBYE) {
          holder.onGoodbye();
        } else {
          services.deliver(
              from, Frame.service(bytes, at), header(bytes, at), payload(bytes, memory, at));
        }
      }
      case FUTURE_EPOCH ->
          holder.park(
              epoch, Frame.service(bytes, at), header(bytes, at), payload(bytes, memory, at));
      case DUPLICATE -> counters.duplicates().increment();
      case STALE_EPOCH -> {}
      case GAP ->
          throw new WeftException(
              TransportErrors.SESSION_BROKEN,
              "message "
                  + Frame.sequence(bytes, at)
                  + " follows "
                  + in.received()
                  + " from "
                  + holder.member());
    }
  }

  private static ByteBuffer header(ByteBuffer bytes, int at) {
    return bytes.slice(at + Frame.PREFIX_BYTES, Frame.headerBytes(bytes, at));
  }

  private static MemorySegment payload(ByteBuffer bytes, MemorySegment memory, int at) {
    int payloadBytes = Frame.payloadBytes(bytes, at);
    return payloadBytes == 0
        ? MemorySegment.NULL
        : memory.asSlice(
            at + Frame.PREFIX_BYTES + Frame.headerBytes(bytes, at), (long) payloadBytes);
  }

  private WeftException corrupt(ErrorCode code, String what) {
    counters.corruptFrames().increment();
    return new WeftException(
        code, holder.member() + " sent " + what + "; the connection is renewed");
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
  public void checkPeer() {
    try {
      if (open && !peerEnded && !wire.isPeerAlive()) {
        peerEnded = true; // what it has written completely is still handled
        onProcessEnded.accept(wire.peer());
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(Throwable reason) {
    if (cause.isEmpty()) {
      cause = Optional.of(reason);
    }
    closed();
  }

  private void closed() {
    if (open) {
      close();
      holder.onDisconnected(this, cause);
    }
  }

  /** Frames that arrived together with the handshake are in the ring, which is polled. */
  @Override
  public void resumeReading() {}

  @Override
  public void cut() {
    closed();
  }

  /** Closes without notifying the holder. The connection is not used afterwards. */
  @Override
  public void close() {
    if (open) {
      open = false;
      loop.remove(this);
      wire.hangUp();
      outbox.detach(link);
      releaseIfClosed();
    }
  }

  /** Gives up the ring, but not while a record in it may be read. */
  private void releaseIfClosed() {
    if (!open && !polling && !released) {
      released = true;
      wire.release();
    }
  }
}
