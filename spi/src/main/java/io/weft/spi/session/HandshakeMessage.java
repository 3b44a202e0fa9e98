// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.Category;
import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.transport.TransportErrors;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A message that two nodes exchange before the frames of a session. Big-endian:
 *
 * <pre>
 *   0  u32  magic "WEFT"
 *   4  u16  protocol version
 *   6  u16  bytes of the body
 *   8  u8   kind: 1 hello, 2 welcome, 3 refused
 *   9  u32  CRC-32C over bytes 0 to 8 and the body
 *  13       body
 * </pre>
 *
 * <p>This envelope and the body of {@link Refused} never change, so that a node of any version can
 * read why it is refused.
 */
public sealed interface HandshakeMessage {
  /**
   * The protocol version of this node. It covers this handshake, version 1 of the session's frame,
   * and the messages of all services. It grows with each change of one of them, including a change
   * of meaning.
   */
  int VERSION = 7;

  /** Longest body of a hello, in bytes. */
  int MAX_BODY_BYTES = ClusterSettings.MAX_BYTES + 2_048;

  /** Longest body of every other message, in all versions, in bytes. */
  int MAX_SHORT_BODY_BYTES = 1_024;

  /** Longest reason of a refusal, in bytes. */
  int MAX_TEXT_BYTES = MAX_SHORT_BODY_BYTES - 64;

  /** Longest description of a storage, in bytes. */
  int MAX_WHERE_BYTES = 512;

  /** Largest value of a field of two bytes. */
  int MAX_U16 = 0xFFFF;

  /** The first four bytes of every message. */
  int MAGIC = 0x57454654;

  /** Offset of the checksum. */
  int CHECKSUM_AT = 9;

  /** Bytes before the body. */
  int ENVELOPE_BYTES = 13;

  /** Kind of a {@link Hello}. */
  byte HELLO = 1;

  /** Kind of a {@link Welcome}. */
  byte WELCOME = 2;

  /** Kind of a {@link Refused}. */
  byte REFUSED = 3;

  /**
   * The first message, from the side that dialled.
   *
   * @param version protocol version of the sender; the other fields are empty if it is a foreign
   *     one
   * @param probe whether the connection only asks if it would be accepted
   * @param settings the sender's settings that must be equal on all nodes
   * @param storage the identity of the sender's storage: a node knows it if it has access to the
   *     storage, or has received it from a member
   * @param the location of the sender's storage, as text for messages
   * @param formed the epoch of the newest view of this storage and these settings in the sender's
   *     registry; 0 for none, {@link StorageIdentity#UNKNOWN} before it has been read
   * @param from the sender's id
   * @param to the id that the sender expects here
   * @param incarnation the sender's
   * @param knownIncarnation the receiver's incarnation in the session to be resumed, 0 for a new
   *     session
   * @param received number of the last message that the sender has received in that session
   * @param over the latest incarnation of the receiver with which the sender has ended its session,
   *     0 for none; the sender refuses it and earlier ones
   * @param evicted the latest incarnation of the receiver that the sender refuses as evicted, 0 for
   *     none
   */
  record Hello(
      int version,
      boolean probe,
      ClusterSettings settings,
      UUID storage,
      String where,
      long formed,
      int from,
      int to,
      long incarnation,
      long knownIncarnation,
      long received,
      long over,
      long evicted)
      implements HandshakeMessage {
    /** A hello of another protocol version, of which no other field can be read. */
    public static Hello ofVersion(int version) {
      return new Hello(
          version, false, ClusterSettings.NONE, StorageIdentity.NONE, "", 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Omits the identity of the storage, which serves as a proof of access. */
    @Override
    public String toString() {
      return "hello of n" + from + "." + incarnation + " to n" + to;
    }
  }

  /**
   * The answer to an accepted hello; frames follow it, unless it was a probe.
   *
   * @param incarnation the sender's
   * @param received number of the last message that the sender has received in the session
   */
  record Welcome(long incarnation, long received) implements HandshakeMessage {}

  /**
   * The answer to a refused hello; the connection ends.
   *
   * @param incarnation the refuser's
   * @param code number of an {@link ErrorCode}
   * @param text the reason, as text for messages
   */
  record Refused(long incarnation, int code, String text) implements HandshakeMessage {
    /** The reason as an error of the refused node. */
    public WeftException toException() {
      return new WeftException(errorOf(code), text);
    }

    private static ErrorCode errorOf(int number) {
      return switch (number) {
        case 3001 -> TransportErrors.FOREIGN_CLUSTER;
        case 3002 -> TransportErrors.PROTOCOL_VERSION;
        case 3003 -> TransportErrors.DUPLICATE_NODE_ID;
        case 3004 -> TransportErrors.SETTINGS_DIFFER;
        case 3006 -> TransportErrors.MEMBERS_DIFFER;
        case 3008 -> TransportErrors.EVICTED;
        case 3009 -> TransportErrors.STORAGE_DIFFERS;
        case 3014 -> TransportErrors.CERTIFICATE_DIFFERS;
        case 3105 -> TransportErrors.NOT_READY;
        case 3201 -> TransportErrors.PEER_LOST;
        default -> new ErrorCode(Math.max(number, 1_000), "REFUSED", Category.USER);
      };
    }
  }

  /** Encodes a message with its envelope. */
  static byte[] encode(HandshakeMessage message) {
    ByteBuffer out = ByteBuffer.allocate(ENVELOPE_BYTES + MAX_BODY_BYTES);
    out.putInt(MAGIC).putShort((short) VERSION).putShort((short) 0);
    switch (message) {
      case Hello hello -> {
        out.putShort(4, (short) checked("version", hello.version(), MAX_U16));
        out.put(HELLO).putInt(0);
        byte[] settings = hello.settings().encode();
        out.put((byte) (hello.probe() ? 1 : 0))
            .putShort((short) checked("length of the settings", settings.length, MAX_U16))
            .put(settings);
        out.putLong(hello.storage().getMostSignificantBits());
        out.putLong(hello.storage().getLeastSignificantBits());
        text(out, hello.where(), MAX_WHERE_BYTES);
        out.putLong(hello.formed());
        out.putShort((short) checked("sender", hello.from(), NodeId.MAX));
        out.putShort((short) checked("receiver", hello.to(), NodeId.MAX));
        out.putLong(hello.incarnation());
        out.putLong(hello.knownIncarnation()).putLong(hello.received());
        out.putLong(hello.over()).putLong(hello.evicted());
      }
      case Welcome(var incarnation, var received) ->
          out.put(WELCOME).putInt(0).putLong(incarnation).putLong(received);
      case Refused(var incarnation, var code, var why) -> {
        out.put(REFUSED)
            .putInt(0)
            .putLong(incarnation)
            .putShort((short) checked("code", code, MAX_U16));
        text(out, why, MAX_TEXT_BYTES);
      }
    }
    int bodyBytes = out.position() - ENVELOPE_BYTES;
    out.putShort(6, (short) checked("length", bodyBytes, MAX_BODY_BYTES));
    out.putInt(CHECKSUM_AT, checksum(out, 0, bodyBytes));
    return Arrays.copyOf(out.array(), out.position());
  }

  private static int checksum(ByteBuffer buffer, int start, int bodyBytes) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.slice(start, CHECKSUM_AT));
    crc.update(buffer.slice(start + ENVELOPE_BYTES, bodyBytes));
    return (int) crc.getValue();
  }

  /**
   * Decodes a message if it is complete, and moves the position after it.
   *
   * @param in what has been received, from position to limit
   * @throws WeftException {@link TransportErrors#NOT_WEFT} if the bytes cannot be a handshake
   *     message
   */
  static Optional<HandshakeMessage> decode(ByteBuffer in) {
    int start = in.position();
    int readable = in.remaining();
    if (readable >= 4 && in.getInt(start) != MAGIC) {
      throw new WeftException(
          TransportErrors.NOT_WEFT,
          "first bytes are " + Integer.toHexString(in.getInt(start)) + ", not a Weft handshake");
    }
    if (readable < CHECKSUM_AT) {
      return Optional.empty();
    }
    int bodyBytes = Short.toUnsignedInt(in.getShort(start + 6));
    if (bodyBytes > MAX_BODY_BYTES) {
      throw new WeftException(
          TransportErrors.NOT_WEFT, "handshake of " + bodyBytes + " bytes is too long");
    }
    if (readable < ENVELOPE_BYTES + bodyBytes) {
      return Optional.empty();
    }
    if (in.getInt(start + CHECKSUM_AT) != checksum(in, start, bodyBytes)) {
      throw new WeftException(TransportErrors.NOT_WEFT, "handshake with a wrong checksum");
    }
    int version = Short.toUnsignedInt(in.getShort(start + 4));
    byte kind = in.get(start + 8);
    ByteBuffer body = in.slice(start + ENVELOPE_BYTES, bodyBytes);
    in.position(start + ENVELOPE_BYTES + bodyBytes);
    try {
      return Optional.of(decodeBody(version, kind, body));
    } catch (BufferUnderflowException e) {
      throw new WeftException(TransportErrors.NOT_WEFT, "handshake is cut short", e);
    }
  }

  private static HandshakeMessage decodeBody(int version, byte kind, ByteBuffer body) {
    if (kind == REFUSED) {
      return new Refused(body.getLong(), Short.toUnsignedInt(body.getShort()), text(body));
    }
    if (version != VERSION) {
      return Hello.ofVersion(version);
    }
    HandshakeMessage message =
        switch (kind) {
          case HELLO -> hello(version, body);
          case WELCOME -> new Welcome(body.getLong(), body.getLong());
          default -> throw bad("of unknown kind " + Byte.toUnsignedInt(kind));
        };
    if (body.hasRemaining()) {
      throw bad("with " + body.remaining() + " bytes too many");
    }
    return message;
  }

  private static Hello hello(int version, ByteBuffer body) {
    byte probe = body.get();
    if (probe != 0 && probe != 1) {
      throw bad("with a flag of value " + probe);
    }
    ClusterSettings settings = settings(body);
    return new Hello(
        version,
        probe == 1,
        settings,
        new UUID(body.getLong(), body.getLong()),
        where(body),
        body.getLong(),
        node(body),
        node(body),
        body.getLong(),
        body.getLong(),
        body.getLong(),
        body.getLong(),
        body.getLong());
  }

  private static String where(ByteBuffer in) {
    byte[] utf8 = bytes(in);
    if (utf8.length > MAX_WHERE_BYTES) {
      throw bad("with a description of " + utf8.length + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new WeftException(
          TransportErrors.NOT_WEFT, "handshake with a description that is no UTF-8", e);
    }
  }

  private static int node(ByteBuffer in) {
    int node = Short.toUnsignedInt(in.getShort());
    if (node > NodeId.MAX) {
      throw bad("of node " + node);
    }
    return node;
  }

  private static WeftException bad(String what) {
    return new WeftException(TransportErrors.NOT_WEFT, "handshake " + what);
  }

  private static ClusterSettings settings(ByteBuffer in) {
    try {
      return ClusterSettings.decode(bytes(in));
    } catch (IllegalArgumentException e) {
      throw new WeftException(
          TransportErrors.NOT_WEFT, "handshake with wrong settings: " + e.getMessage(), e);
    }
  }

  /** Writes a text, cut off if it is too long. */
  private static void text(ByteBuffer out, String text, int longest) {
    int end = text.length();
    while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > longest) {
      end = text.offsetByCodePoints(end, -1);
    }
    byte[] utf8 = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
    out.putShort((short) utf8.length).put(utf8);
  }

  private static int checked(String field, int value, int most) {
    if (value < 0 || value > most) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          "the " + field + " of a handshake is " + value + ", outside 0 to " + most);
    }
    return value;
  }

  private static String text(ByteBuffer in) {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer in) {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
