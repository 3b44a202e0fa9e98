// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The frame of a session on a byte stream, version 1. Big-endian.
 *
 * <pre>
 *   0  u32  CRC-32C over the rest of the frame
 *   4  u16  magic "WF"
 *   6  u8   type, see {@link FrameType}
 *   7  u8   lane
 *   8  u32  bytes of the payload
 *  12  u16  bytes of the message's header
 *  14  u8   service
 *  15  u8   0
 *  16  u64  sequence number, 0 if the type has none
 *  24  u64  highest sequence number that the sender has received without a gap
 *  32  u64  epoch of the message, 0: valid in every epoch
 *  40  u64  SCN of the sender
 *  48       header, then payload
 * </pre>
 *
 * <p>All methods are functions of a buffer and the offset {@code at} at which the frame begins. The
 * methods that move the buffer's position and limit say so. Stateless and thread-safe.
 */
public final class Frame {
  /** Bytes of the frame before the message's header. */
  public static final int PREFIX_BYTES = 48;

  /** Bytes that must have arrived before {@link #length} can be called. */
  public static final int LENGTH_KNOWN_BYTES = 16;

  /** Largest header of a message in bytes. */
  public static final int MAX_HEADER_BYTES = 1_024;

  /** Largest payload in bytes. */
  public static final int MAX_PAYLOAD_BYTES = 65_536;

  /** Largest frame in bytes. */
  public static final int MAX_BYTES = PREFIX_BYTES + MAX_HEADER_BYTES + MAX_PAYLOAD_BYTES;

  /** The magic of every frame, at offset 4. */
  public static final short MAGIC = 0x5746;

  private static final int CHECKSUM_AT = 0;
  private static final int CHECKED_FROM = 4;
  private static final int MAGIC_AT = 4;
  private static final int TYPE_AT = 6;
  private static final int LANE_AT = 7;
  private static final int PAYLOAD_BYTES_AT = 8;
  private static final int HEADER_BYTES_AT = 12;
  private static final int SERVICE_AT = 14;
  private static final int RESERVED_AT = 15;
  private static final int SEQUENCE_AT = 16;
  private static final int ACKNOWLEDGED_AT = 24;
  private static final int EPOCH_AT = 32;
  private static final int SCN_AT = 40;

  private Frame() {}

  /**
   * Writes the frame of a message up to the end of its header. The payload follows on the wire.
   * Call {@link #seal} afterwards.
   *
   * @return bytes written
   */
  public static int encode(
      ByteBuffer buffer, int at, OutboundMessage message, long acknowledged, long scn) {
    byte[] header = message.header();
    prefix(buffer, at, message.type(), acknowledged, message.epoch(), scn);
    buffer.put(at + LANE_AT, (byte) message.lane().ordinal());
    buffer.putInt(at + PAYLOAD_BYTES_AT, message.payloadBytes());
    buffer.putShort(at + HEADER_BYTES_AT, (short) header.length);
    buffer.put(at + SERVICE_AT, (byte) message.service());
    buffer.putLong(at + SEQUENCE_AT, message.sequence());
    buffer.put(at + PREFIX_BYTES, header);
    return PREFIX_BYTES + header.length;
  }

  /**
   * Writes a frame that carries only an acknowledgement. Call {@link #seal} afterwards.
   *
   * @return bytes written
   */
  public static int encodeAcknowledgement(
      ByteBuffer buffer, int at, long acknowledged, long epoch, long scn) {
    prefix(buffer, at, FrameType.ACKNOWLEDGEMENT, acknowledged, epoch, scn);
    buffer.put(at + LANE_AT, (byte) 0);
    buffer.putInt(at + PAYLOAD_BYTES_AT, 0);
    buffer.putShort(at + HEADER_BYTES_AT, (short) 0);
    buffer.put(at + SERVICE_AT, (byte) 0);
    buffer.putLong(at + SEQUENCE_AT, 0);
    return PREFIX_BYTES;
  }

  private static void prefix(
      ByteBuffer buffer, int at, FrameType type, long acknowledged, long epoch, long scn) {
    buffer.putShort(at + MAGIC_AT, MAGIC);
    buffer.put(at + TYPE_AT, type.code());
    buffer.put(at + RESERVED_AT, (byte) 0);
    buffer.putLong(at + ACKNOWLEDGED_AT, acknowledged);
    buffer.putLong(at + EPOCH_AT, epoch);
    buffer.putLong(at + SCN_AT, scn);
  }

  /**
   * Writes the checksum of the {@code bytes} bytes encoded at {@code at} and a payload. Moves the
   * positions and limits of both buffers.
   *
   * @param payload from position to limit; empty if there is none
   */
  public static void writeChecksum(
      CRC32C crc, ByteBuffer buffer, int at, int bytes, ByteBuffer payload) {
    crc.reset();
    buffer.limit(at + bytes).position(at + CHECKED_FROM);
    crc.update(buffer);
    if (payload.hasRemaining()) {
      crc.update(payload);
    }
    buffer.putInt(at + CHECKSUM_AT, (int) crc.getValue());
  }

  /** Whether the checksum of a whole frame is right. Moves the buffer's position and limit. */
  public static boolean isIntact(CRC32C crc, ByteBuffer buffer, int at, int bytes) {
    crc.reset();
    buffer.limit(at + bytes).position(at + CHECKED_FROM);
    crc.update(buffer);
    return buffer.getInt(at + CHECKSUM_AT) == (int) crc.getValue();
  }

  /** Whether the frame has the right magic. */
  public static boolean hasMagic(ByteBuffer buffer, int at) {
    return buffer.getShort(at + MAGIC_AT) == MAGIC;
  }

  /** Whether both lengths are in range. Otherwise the result of {@link #length} is meaningless. */
  public static boolean isLengthLegal(ByteBuffer buffer, int at) {
    int payload = buffer.getInt(at + PAYLOAD_BYTES_AT);
    return payload >= 0
        && payload <= MAX_PAYLOAD_BYTES
        && headerBytes(buffer, at) <= MAX_HEADER_BYTES;
  }

  /** Bytes of the whole frame. */
  public static int length(ByteBuffer buffer, int at) {
    return PREFIX_BYTES + headerBytes(buffer, at) + payloadBytes(buffer, at);
  }

  /** The code of the frame's type; see {@link FrameType#of}. */
  public static byte typeCode(ByteBuffer buffer, int at) {
    return buffer.get(at + TYPE_AT);
  }

  /** The lane's ordinal. */
  public static int lane(ByteBuffer buffer, int at) {
    return buffer.get(at + LANE_AT);
  }

  /** Bytes of the payload. */
  public static int payloadBytes(ByteBuffer buffer, int at) {
    return buffer.getInt(at + PAYLOAD_BYTES_AT);
  }

  /** Bytes of the message's header. */
  public static int headerBytes(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at + HEADER_BYTES_AT));
  }

  /** The service that the message is for. */
  public static int service(ByteBuffer buffer, int at) {
    return Byte.toUnsignedInt(buffer.get(at + SERVICE_AT));
  }

  /** The sequence number. */
  public static long sequence(ByteBuffer buffer, int at) {
    return buffer.getLong(at + SEQUENCE_AT);
  }

  /** The acknowledgement. */
  public static long acknowledged(ByteBuffer buffer, int at) {
    return buffer.getLong(at + ACKNOWLEDGED_AT);
  }

  /** The epoch of the message, 0 if it is valid in every epoch. */
  public static long epoch(ByteBuffer buffer, int at) {
    return buffer.getLong(at + EPOCH_AT);
  }

  /** The sender's SCN. */
  public static long scn(ByteBuffer buffer, int at) {
    return buffer.getLong(at + SCN_AT);
  }
}
