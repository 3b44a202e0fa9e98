// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;

/**
 * A message to a peer that is queued or sent but not acknowledged. Created by the sending thread,
 * then owned by the thread that owns the {@link OutboundSession}.
 */
public final class OutboundMessage {
  private static final byte[] EMPTY = {};

  private final FrameType type;
  private final Lane lane;
  private final int service;
  private final long epoch;
  private final byte[] header;
  private final Payload payload;
  private final int payloadBytes;
  private long sequence;
  private boolean released;

  private OutboundMessage(
      FrameType type, Lane lane, int service, long epoch, byte[] header, Payload payload) {
    this.type = type;
    this.lane = lane;
    this.service = service;
    this.epoch = epoch;
    this.header = header;
    this.payload = payload;
    this.payloadBytes = payload == Payload.NONE ? 0 : (int) payload.segment().byteSize();
  }

  /**
   * Creates a message of a service.
   *
   * @param service 1 to 255
   * @param epoch the epoch of the view to which it belongs, or {@link
   *     io.weft.spi.view.Views#NO_EPOCH}
   * @param header at most {@link Frame#MAX_HEADER_BYTES} bytes, not copied
   * @param payload at most {@link Frame#MAX_PAYLOAD_BYTES} bytes
   * @throws IllegalArgumentException if one of them is out of range
   */
  public static OutboundMessage of(
      int service, Lane lane, long epoch, byte[] header, Payload payload) {
    if (service < 1 || service > 255) {
      throw new IllegalArgumentException("service " + service + " is outside 1 to 255");
    }
    if (header.length > Frame.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "header of " + header.length + " bytes is longer than " + Frame.MAX_HEADER_BYTES);
    }
    if (payload.segment().byteSize() > Frame.MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "payload of "
              + payload.segment().byteSize()
              + " bytes is longer than "
              + Frame.MAX_PAYLOAD_BYTES);
    }
    return new OutboundMessage(FrameType.MESSAGE, lane, service, epoch, header, payload);
  }

  /**
   * Creates the last message of a session. It is in the lowest lane, so that it is sent after all
   * others.
   */
  public static OutboundMessage goodbye(long epoch) {
    return new OutboundMessage(FrameType.GOODBYE, Lane.REQUEST, 0, epoch, EMPTY, Payload.NONE);
  }

  /** The type of its frame. */
  public FrameType type() {
    return type;
  }

  /** Its lane. */
  public Lane lane() {
    return lane;
  }

  /** The service it is for, 0 for a goodbye. */
  public int service() {
    return service;
  }

  /** The epoch to which it belongs. */
  public long epoch() {
    return epoch;
  }

  /** Its header; not to be changed. */
  public byte[] header() {
    return header;
  }

  /** Its payload. */
  public Payload payload() {
    return payload;
  }

  /** Bytes of the payload, 0 if there is none. */
  public int payloadBytes() {
    return payloadBytes;
  }

  /** Its sequence number in the session, 0 before it has been sent. */
  public long sequence() {
    return sequence;
  }

  /** Sets the sequence number when the message is sent for the first time. */
  void leave(long number) {
    sequence = number;
  }

  /** Releases the payload. Called once, by the session only. */
  void release() {
    assert !released : "payload released twice";
    released = true;
    payload.released();
  }
}
