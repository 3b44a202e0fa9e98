// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.session.Arrival;
import io.weft.spi.session.Frame;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Handles the frames that a connection has received, where they lie, and acknowledges them. Owned
 * by the loop of the connection.
 */
public final class FrameReceiver implements PeerLoop.Unacknowledged {
  private final PeerConnection.Holder holder;
  private final int from;
  private final Services services;
  private final LamportClock clock;
  private final Views views;
  private final boolean acknowledgesAtOnce;
  private final PeerLoop loop;
  private final Outbox outbox;
  private final FrameLink link;
  private final InboundSession in;
  private final TransportCounters counters;

  /** The bytes that {@link #header} is a view of. */
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  private ByteBuffer header = bytes;
  private boolean unacknowledged;
  private long unacknowledgedSinceNs;
  private boolean open = true;

  /**
   * Receives for a connection.
   *
   * @param holder receives goodbyes and messages of later views
   * @param outbox the sending half of the session
   * @param link the writing half of the connection
   * @param in the receiving half of the session
   */
  public FrameReceiver(
      PeerConnection.Holder holder,
      LocalNode local,
      Services services,
      PeerLoop loop,
      Outbox outbox,
      FrameLink link,
      InboundSession in) {
    this.holder = holder;
    this.from = holder.member().id().value();
    this.services = services;
    this.clock = local.clock();
    this.views = local.views();
    this.acknowledgesAtOnce = local.times().acknowledgeDelay().isZero();
    this.loop = loop;
    this.outbox = outbox;
    this.link = link;
    this.in = in;
    this.counters = local.counters();
  }

  /**
   * Handles a frame whose length has been checked. What a handler gets of it is valid until the
   * handler returns.
   *
   * @param received the bytes around it
   * @param memory the same bytes, read-only
   * @param at where it begins
   * @param length its bytes
   * @throws WeftException if the connection cannot continue
   */
  public void onFrame(ByteBuffer received, MemorySegment memory, int at, int length) {
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
          services.deliver(
              from,
              Frame.service(received, at),
              header(received, at),
              payload(received, memory, at, payloadBytes));
        }
      }
      case FUTURE_EPOCH ->
          holder.park(
              epoch,
              Frame.service(received, at),
              header(received, at),
              payload(received, memory, at, payloadBytes));
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

  private ByteBuffer header(ByteBuffer received, int at) {
    if (bytes != received) {
      bytes = received;
      header = received.duplicate();
    }
    int headerAt = at + Frame.PREFIX_BYTES;
    return header.clear().position(headerAt).limit(headerAt + Frame.headerBytes(received, at));
  }

  private static MemorySegment payload(
      ByteBuffer received, MemorySegment memory, int at, int payloadBytes) {
    return payloadBytes == 0
        ? MemorySegment.NULL
        : memory.asSlice(
            at + Frame.PREFIX_BYTES + Frame.headerBytes(received, at), (long) payloadBytes);
  }

  /** Counts a frame that cannot be handled; the exception that ends its connection. */
  public WeftException corrupt(ErrorCode code, String what) {
    counters.corruptFrames().increment();
    return new WeftException(
        code, holder.member() + " sent " + what + "; the connection is renewed");
  }

  /** Acknowledges what has been received, now or later; called after each batch of frames. */
  public void acknowledgeSoon() {
    if (!hasUnacknowledged()) {
      return;
    }
    if (in.isAcknowledgementDue() || acknowledgesAtOnce) {
      outbox.acknowledge();
    } else if (!unacknowledged) {
      unacknowledged = true;
      unacknowledgedSinceNs = loop.nanoTime();
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

  /** The connection is closed: nothing is acknowledged through it any more. */
  public void close() {
    open = false;
  }
}
