// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.MoveReason;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.AccessTable;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The format of {@link MasteryMessage}: version, type, epoch, and the fields in their order,
 * big-endian. Stateless.
 */
final class MasteryCodec {
  /** Version of this format; it has its own, since it is not part of the protocol of blocks. */
  static final byte VERSION = 1;

  /** Longest reason of a refusal, in bytes. */
  static final int MAX_TEXT = 300;

  private static final int HEAD = 6;
  private static final int MAX_WORDS = 1 << 10;
  private static final byte NO_REASON = -1;

  /** Bits of a byte that continues a character in UTF-8. */
  private static final int CONTINUES = 0x80;

  private static final int CONTINUES_MASK = 0xC0;

  private MasteryCodec() {}

  /** A message and the epoch in which it was sent. */
  record Sent(long epoch, MasteryMessage message) {}

  static byte[] encode(long epoch, MasteryMessage message) {
    ByteBuffer out = ByteBuffer.allocate(HEAD + bytesOf(message));
    out.put(VERSION).put(typeOf(message)).putInt((int) epoch);
    switch (message) {
      case MasteryMessage.Load m -> out.putLong(m.load()).putLong(m.sentNs());
      case MasteryMessage.LoadSeen m -> out.putLong(m.sentNs());
      case MasteryMessage.Note m -> {
        out.put((byte) m.reason().ordinal());
        put(out, m.usage());
      }
      case MasteryMessage.Pins m -> {
        out.putShort((short) m.words().length);
        Arrays.stream(m.words()).forEach(out::putLong);
      }
      case MasteryMessage.Remaster m ->
          out.putLong(m.id()).putShort((short) m.bucket()).putShort((short) m.to());
      case MasteryMessage.Describe m -> out.putLong(m.id()).putShort((short) m.bucket());
      case MasteryMessage.Pin m ->
          out.putLong(m.id()).putShort((short) m.bucket()).put((byte) (m.on() ? 1 : 0));
      case MasteryMessage.Rebalance m -> out.putLong(m.id());
      case MasteryMessage.Done m -> out.putLong(m.id()).putInt(m.number());
      case MasteryMessage.Refused m -> {
        byte[] text = text(m.why());
        out.putLong(m.id()).putInt(m.code()).putShort((short) text.length).put(text);
      }
      case MasteryMessage.Described m -> {
        out.putLong(m.id()).putInt(m.moves()).put((byte) m.flags()).put((byte) m.heat());
        out.put(m.reason().map(reason -> (byte) reason.ordinal()).orElse(NO_REASON));
        out.putLong(m.atMillis());
        put(out, m.usage());
      }
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] text(String why) {
    byte[] all = why.getBytes(StandardCharsets.UTF_8);
    int end = Math.min(all.length, MAX_TEXT);
    while (end < all.length && (all[end] & CONTINUES_MASK) == CONTINUES) {
      end--; // a character is left out as a whole
    }
    return Arrays.copyOf(all, end);
  }

  /** At most so many bytes follow the head. */
  private static int bytesOf(MasteryMessage message) {
    return switch (message) {
      case MasteryMessage.Pins m -> 2 + m.words().length * Long.BYTES;
      case MasteryMessage.Refused _ -> 14 + MAX_TEXT;
      default -> 40 + 6 * AccessTable.USERS;
    };
  }

  private static byte typeOf(MasteryMessage message) {
    return (byte)
        switch (message) {
          case MasteryMessage.Load _ -> 0;
          case MasteryMessage.LoadSeen _ -> 1;
          case MasteryMessage.Note _ -> 2;
          case MasteryMessage.Pins _ -> 3;
          case MasteryMessage.Remaster _ -> 4;
          case MasteryMessage.Describe _ -> 5;
          case MasteryMessage.Pin _ -> 6;
          case MasteryMessage.Rebalance _ -> 7;
          case MasteryMessage.Done _ -> 8;
          case MasteryMessage.Refused _ -> 9;
          case MasteryMessage.Described _ -> 10;
        };
  }

  private static void put(ByteBuffer out, AccessTable.Usage usage) {
    out.putShort((short) usage.bucket()).putInt(usage.reads()).putInt(usage.writes());
    out.put((byte) usage.nodes().length);
    for (int i = 0; i < usage.nodes().length; i++) {
      out.putShort((short) usage.nodes()[i]).putInt(usage.counts()[i]);
    }
  }

  /**
   * Decodes a message.
   *
   * @throws WeftException {@link CacheFusionErrors#BAD_MESSAGE}
   */
  static Sent decode(ByteBuffer in) {
    try {
      byte version = in.get();
      if (version != VERSION) {
        throw bad("version " + version + " instead of " + VERSION);
      }
      byte type = in.get();
      long epoch = in.getInt() & 0xFFFFFFFFL;
      Sent sent = new Sent(epoch, decode(type, in));
      if (in.hasRemaining()) {
        throw bad(in.remaining() + " bytes too many");
      }
      return sent;
    } catch (BufferUnderflowException | CharacterCodingException e) {
      throw bad(e.toString());
    }
  }

  private static MasteryMessage decode(byte type, ByteBuffer in) throws CharacterCodingException {
    return switch (type) {
      case 0 -> new MasteryMessage.Load(in.getLong(), in.getLong());
      case 1 -> new MasteryMessage.LoadSeen(in.getLong());
      case 2 -> new MasteryMessage.Note(reason(in.get()), usage(in));
      case 3 -> pins(in);
      case 4 -> new MasteryMessage.Remaster(in.getLong(), unsigned(in), node(in));
      case 5 -> new MasteryMessage.Describe(in.getLong(), unsigned(in));
      case 6 -> new MasteryMessage.Pin(in.getLong(), unsigned(in), bit(in));
      case 7 -> new MasteryMessage.Rebalance(in.getLong());
      case 8 -> new MasteryMessage.Done(in.getLong(), in.getInt());
      case 9 -> refused(in);
      case 10 -> described(in);
      default -> throw bad("unknown type " + type);
    };
  }

  private static MasteryMessage.Pins pins(ByteBuffer in) {
    int words = unsigned(in);
    if (words > MAX_WORDS) {
      throw bad(words + " words of pins");
    }
    long[] all = new long[words];
    for (int i = 0; i < words; i++) {
      all[i] = in.getLong();
    }
    return new MasteryMessage.Pins(all);
  }

  private static MasteryMessage.Refused refused(ByteBuffer in) throws CharacterCodingException {
    long id = in.getLong();
    int code = in.getInt();
    int length = unsigned(in);
    if (length > MAX_TEXT || length != in.remaining()) {
      throw bad("a reason of " + length + " bytes in " + in.remaining());
    }
    return new MasteryMessage.Refused(
        id, code, StandardCharsets.UTF_8.newDecoder().decode(in).toString());
  }

  private static MasteryMessage.Described described(ByteBuffer in) {
    long id = in.getLong();
    int moves = in.getInt();
    int flags = in.get();
    int heat = in.get();
    byte reason = in.get();
    long at = in.getLong();
    return new MasteryMessage.Described(
        id,
        usage(in),
        moves,
        flags,
        heat,
        reason == NO_REASON ? Optional.empty() : Optional.of(reason(reason)),
        at);
  }

  private static AccessTable.Usage usage(ByteBuffer in) {
    int bucket = unsigned(in);
    int reads = in.getInt();
    int writes = in.getInt();
    int users = in.get();
    if (users < 0 || users > AccessTable.USERS) {
      throw bad(users + " users of a bucket");
    }
    int[] nodes = new int[users];
    int[] counts = new int[users];
    for (int i = 0; i < users; i++) {
      nodes[i] = node(in);
      counts[i] = in.getInt();
    }
    return new AccessTable.Usage(bucket, reads, writes, 0, nodes, counts);
  }

  private static MoveReason reason(byte ordinal) {
    if (ordinal < 0 || ordinal >= MoveReason.values().length) {
      throw bad("reason " + ordinal);
    }
    return MoveReason.values()[ordinal];
  }

  private static boolean bit(ByteBuffer in) {
    byte value = in.get();
    if (value != 0 && value != 1) {
      throw bad("flag " + value);
    }
    return value == 1;
  }

  private static int node(ByteBuffer in) {
    int node = unsigned(in);
    if (node > NodeId.MAX) {
      throw bad("node " + node);
    }
    return node;
  }

  private static int unsigned(ByteBuffer in) {
    return in.getShort() & 0xffff;
  }

  private static WeftException bad(String what) {
    return new WeftException(
        CacheFusionErrors.BAD_MESSAGE, "a message about masters is malformed: " + what);
  }
}
