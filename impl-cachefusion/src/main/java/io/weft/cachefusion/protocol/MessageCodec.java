// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.spi.membership.NodeSetCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The wire form of {@link CacheFusionMessage}, version 2: big-endian, a type byte, file, number,
 * then the fields in the order of the record. A node has 16 bits; for sets of nodes see {@link
 * NodeSetCodec}.
 */
public final class MessageCodec {
  /** Type and epoch, which every message begins with. */
  private static final int TYPE_BYTES = 1 + 4;

  /** Type, epoch and block, which every message about a block begins with. */
  private static final int PREFIX = TYPE_BYTES + 4 + 8;

  /** Type of an inquiry; this and all larger types are messages of a view change. */
  private static final int INQUIRY = 32;

  /** Type of a report. */
  private static final int REPORT = 33;

  /** Bytes of a block id: file and number. */
  private static final int BLOCK_BYTES = 4 + 8;

  /** Bytes of one reported block: id, right, two versions. */
  private static final int HELD_BYTES = BLOCK_BYTES + 1 + 8 + 8;

  /** Longest message in bytes, without payload; the transport limits headers to this size. */
  static final int MAX_HEADER_BYTES = 1_024;

  /** Most blocks in one inquiry. */
  public static final int BLOCKS_PER_INQUIRY = (MAX_HEADER_BYTES - TYPE_BYTES - 7) / BLOCK_BYTES;

  /** Most blocks in one report. */
  public static final int BLOCKS_PER_REPORT = (MAX_HEADER_BYTES - TYPE_BYTES - 8) / HELD_BYTES;

  private MessageCodec() {}

  /** Whether the message at the buffer's position belongs to a view change. */
  public static boolean isRecovery(ByteBuffer in) {
    return in.remaining() > 0 && in.get(in.position()) >= INQUIRY;
  }

  /**
   * The epoch in which the message was sent: 32 bits, enough for one view per second for 136 years.
   */
  public static long epoch(ByteBuffer in) {
    if (in.remaining() < TYPE_BYTES) {
      throw bad("cut short");
    }
    return Integer.toUnsignedLong(in.getInt(in.position() + 1));
  }

  public static byte[] encode(long epoch, CacheFusionMessage message) {
    byte[] bytes = encode(message);
    ByteBuffer.wrap(bytes).putInt(1, u32("epoch", epoch));
    return bytes;
  }

  private static byte[] encode(CacheFusionMessage message) {
    return switch (message) {
      case CacheFusionMessage.Request m ->
          start(1, m, 6)
              .put(flag(m.access() == Access.EXCLUSIVE))
              .put(flag(m.prefetch()))
              .putInt(m.ticket())
              .array();
      case CacheFusionMessage.Forward m ->
          NodeSetCodec.put(
                  start(2, m, 11 + NodeSetCodec.bytes(m.invalidated()))
                      .putInt(m.stamp())
                      .put(flag(m.access() == Access.EXCLUSIVE))
                      .putShort(node("requester", m.requester()))
                      .putInt(m.ticket()),
                  m.invalidated())
              .array();
      case CacheFusionMessage.Invalidate m ->
          start(3, m, 6).putInt(m.stamp()).putShort(node("requester", m.requester())).array();
      case CacheFusionMessage.Grant m ->
          NodeSetCodec.put(
                  start(4, m, 5 + NodeSetCodec.bytes(m.invalidated()))
                      .putInt(m.stamp())
                      .put(flag(m.fromDisk())),
                  m.invalidated())
              .array();
      case CacheFusionMessage.Data m ->
          NodeSetCodec.put(
                  start(5, m, 17 + NodeSetCodec.bytes(m.invalidated()))
                      .putInt(m.stamp())
                      .putLong(m.version())
                      .put(flag(m.dirty())),
                  m.invalidated())
              .putInt(m.ticket())
              .array();
      case CacheFusionMessage.Ack m -> start(6, m, 4).putInt(m.stamp()).array();
      case CacheFusionMessage.Done m ->
          start(7, m, 5).putInt(m.stamp()).put(flag(m.failed())).array();
      case CacheFusionMessage.Refused m -> start(8, m, 0).array();
      case CacheFusionMessage.Release m -> start(9, m, 0).array();
      case CacheFusionMessage.ReleaseAccepted m -> start(10, m, 0).array();
      case CacheFusionMessage.ReleaseRefused m -> start(11, m, 0).array();
      case CacheFusionMessage.Written m -> start(12, m, 8).putLong(m.version()).array();
      case CacheFusionMessage.WriteRequest m ->
          start(13, m, 11)
              .putLong(m.version())
              .put(flag(m.forwarded()))
              .putShort(node("keeper", m.keeper()))
              .array();
      case CacheFusionMessage.WritePast m -> start(14, m, 8).putLong(m.version()).array();
      case CacheFusionMessage.PastWritten m -> start(15, m, 8).putLong(m.version()).array();
      case CacheFusionMessage.Quarantined m -> start(16, m, 4).putInt(m.stamp()).array();
      case CacheFusionMessage.Moved m ->
          start(17, m, 7)
              .put(flag(m.release()))
              .putShort(node("master", m.master()))
              .putInt(m.number())
              .array();
      case CacheFusionMessage.NoRoom m -> start(18, m, 4).putInt(m.stamp()).array();
      case CacheFusionMessage.Recall m -> start(19, m, 0).array();
    };
  }

  /**
   * Decodes from position to limit.
   *
   * @throws WeftException {@link CacheFusionErrors#BAD_MESSAGE} if it is not a whole message
   */
  public static CacheFusionMessage decode(ByteBuffer in) {
    try {
      byte type = in.get();
      in.getInt(); // the epoch
      BlockId block = new BlockId(in.getInt(), in.getLong());
      CacheFusionMessage message =
          switch (type) {
            case 1 -> new CacheFusionMessage.Request(block, access(in), bit(in), in.getInt());
            case 2 ->
                new CacheFusionMessage.Forward(
                    block, in.getInt(), access(in), node(in), in.getInt(), NodeSetCodec.get(in));
            case 3 -> new CacheFusionMessage.Invalidate(block, in.getInt(), node(in));
            case 4 ->
                new CacheFusionMessage.Grant(block, in.getInt(), bit(in), NodeSetCodec.get(in));
            case 5 ->
                new CacheFusionMessage.Data(
                    block, in.getInt(), in.getLong(), bit(in), NodeSetCodec.get(in), in.getInt());
            case 6 -> new CacheFusionMessage.Ack(block, in.getInt());
            case 7 -> new CacheFusionMessage.Done(block, in.getInt(), bit(in));
            case 8 -> new CacheFusionMessage.Refused(block);
            case 9 -> new CacheFusionMessage.Release(block);
            case 10 -> new CacheFusionMessage.ReleaseAccepted(block);
            case 11 -> new CacheFusionMessage.ReleaseRefused(block);
            case 12 -> new CacheFusionMessage.Written(block, in.getLong());
            case 13 -> new CacheFusionMessage.WriteRequest(block, in.getLong(), bit(in), node(in));
            case 14 -> new CacheFusionMessage.WritePast(block, in.getLong());
            case 15 -> new CacheFusionMessage.PastWritten(block, in.getLong());
            case 16 -> new CacheFusionMessage.Quarantined(block, in.getInt());
            case 17 -> new CacheFusionMessage.Moved(block, bit(in), node(in), in.getInt());
            case 18 -> new CacheFusionMessage.NoRoom(block, in.getInt());
            case 19 -> new CacheFusionMessage.Recall(block);
            default -> throw bad("unknown type " + type);
          };
      if (in.hasRemaining()) {
        throw bad(in.remaining() + " bytes too many in a message of type " + type);
      }
      return message;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new WeftException(CacheFusionErrors.BAD_MESSAGE, "cache fusion message cut short", e);
    }
  }

  private static ByteBuffer start(int type, CacheFusionMessage message, int fieldBytes) {
    return ByteBuffer.allocate(PREFIX + fieldBytes)
        .put((byte) type)
        .putInt(0) // the epoch
        .putInt(message.block().file())
        .putLong(message.block().number());
  }

  public static byte[] encode(long epoch, RecoveryMessage message) {
    return switch (message) {
      case RecoveryMessage.Inquiry m -> {
        checked("number of blocks of an inquiry", m.blocks().size(), 0, BLOCKS_PER_INQUIRY);
        ByteBuffer out =
            ByteBuffer.allocate(TYPE_BYTES + 7 + m.blocks().size() * BLOCK_BYTES)
                .put((byte) INQUIRY)
                .putInt(u32("epoch", epoch))
                .putInt(m.number())
                .put((byte) m.scope().ordinal())
                .putShort((short) m.blocks().size());
        m.blocks().forEach(block -> out.putInt(block.file()).putLong(block.number()));
        yield out.array();
      }
      case RecoveryMessage.Report m -> {
        checked("number of blocks of a report", m.held().size(), 0, BLOCKS_PER_REPORT);
        ByteBuffer out =
            ByteBuffer.allocate(TYPE_BYTES + 8 + m.held().size() * HELD_BYTES)
                .put((byte) REPORT)
                .putInt(u32("epoch", epoch))
                .putInt(m.inquiry())
                .putInt(m.parts());
        for (RecoveryMessage.Held held : m.held()) {
          out.putInt(held.block().file())
              .putLong(held.block().number())
              .put((byte) held.right().ordinal())
              .putLong(held.version())
              .putLong(held.pastVersion());
        }
        yield out.array();
      }
    };
  }

  /** Decodes a message of a view change from position to limit; as {@link #decode}. */
  public static RecoveryMessage decodeRecovery(ByteBuffer in) {
    try {
      byte type = in.get();
      in.getInt(); // the epoch
      return switch (type) {
        case INQUIRY -> inquiry(in);
        case REPORT -> report(in);
        default -> throw bad("unknown type " + type);
      };
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new WeftException(CacheFusionErrors.BAD_MESSAGE, "cache fusion message cut short", e);
    }
  }

  private static RecoveryMessage inquiry(ByteBuffer in) {
    int number = in.getInt();
    int scope = in.get();
    int count = in.getShort();
    if (scope < 0 || scope >= RecoveryMessage.Scope.values().length) {
      throw bad("scope of value " + scope);
    }
    if (count < 0 || count > BLOCKS_PER_INQUIRY || count * BLOCK_BYTES != in.remaining()) {
      throw bad(in.remaining() + " bytes for " + count + " blocks");
    }
    List<BlockId> blocks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      blocks.add(new BlockId(in.getInt(), in.getLong()));
    }
    return new RecoveryMessage.Inquiry(number, RecoveryMessage.Scope.values()[scope], blocks);
  }

  private static RecoveryMessage report(ByteBuffer in) {
    int inquiry = in.getInt();
    int parts = in.getInt();
    if (parts < 1
        || in.remaining() % HELD_BYTES != 0
        || in.remaining() / HELD_BYTES > BLOCKS_PER_REPORT) {
      throw bad(in.remaining() + " bytes in one of " + parts + " parts of a report");
    }
    List<RecoveryMessage.Held> held = new ArrayList<>(in.remaining() / HELD_BYTES);
    while (in.hasRemaining()) {
      BlockId block = new BlockId(in.getInt(), in.getLong());
      int right = in.get();
      if (right < 0 || right >= CacheEntry.Right.values().length) {
        throw bad("right of value " + right);
      }
      held.add(
          new RecoveryMessage.Held(
              block, CacheEntry.Right.values()[right], in.getLong(), in.getLong()));
    }
    return new RecoveryMessage.Report(inquiry, parts, held);
  }

  private static int node(ByteBuffer in) {
    int node = Short.toUnsignedInt(in.getShort());
    if (node > NodeId.MAX) {
      throw bad("node of value " + node);
    }
    return node;
  }

  private static short node(String field, int value) {
    return (short) checked(field, value, 0, NodeId.MAX);
  }

  static int u32(String field, long value) {
    return (int) checked(field, value, 0, 0xFFFF_FFFFL);
  }

  private static long checked(String field, long value, long least, long most) {
    if (value < least || value > most) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          "the "
              + field
              + " in a cache fusion message is "
              + value
              + ", outside "
              + least
              + " to "
              + most);
    }
    return value;
  }

  private static byte flag(boolean value) {
    return (byte) (value ? 1 : 0);
  }

  private static boolean bit(ByteBuffer in) {
    byte value = in.get();
    if (value != 0 && value != 1) {
      throw bad("flag of value " + value);
    }
    return value == 1;
  }

  static Access access(ByteBuffer in) {
    return bit(in) ? Access.EXCLUSIVE : Access.SHARED;
  }

  private static WeftException bad(String what) {
    return new WeftException(CacheFusionErrors.BAD_MESSAGE, "cache fusion message: " + what);
  }
}
