// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * The wire form of {@link CacheFusionMessage}, version 1: big-endian, a type byte, file, number,
 * then the fields in the order of the record.
 */
final class MessageCodec {
  private static final int PREFIX = 1 + 4 + 8;

  private MessageCodec() {}

  static byte[] encode(CacheFusionMessage message) {
    return switch (message) {
      case CacheFusionMessage.Request m ->
          start(1, m, 6)
              .put(flag(m.access() == Access.EXCLUSIVE))
              .put(flag(m.prefetch()))
              .putInt(m.ticket())
              .array();
      case CacheFusionMessage.Forward m ->
          start(2, m, 18)
              .putInt(m.stamp())
              .put(flag(m.access() == Access.EXCLUSIVE))
              .put((byte) m.requester())
              .putInt(m.ticket())
              .putLong(m.invalidated())
              .array();
      case CacheFusionMessage.Invalidate m ->
          start(3, m, 5).putInt(m.stamp()).put((byte) m.requester()).array();
      case CacheFusionMessage.Grant m ->
          start(4, m, 13)
              .putInt(m.stamp())
              .put(flag(m.fromDisk()))
              .putLong(m.invalidated())
              .array();
      case CacheFusionMessage.Data m ->
          start(5, m, 25)
              .putInt(m.stamp())
              .putLong(m.version())
              .put(flag(m.dirty()))
              .putLong(m.invalidated())
              .putInt(m.ticket())
              .array();
      case CacheFusionMessage.Ack m -> start(6, m, 4).putInt(m.stamp()).array();
      case CacheFusionMessage.Done m ->
          start(7, m, 5).putInt(m.stamp()).put(flag(m.failed())).array();
      case CacheFusionMessage.Refused m -> start(8, m, 0).array();
      case CacheFusionMessage.MasterLeaving m -> start(14, m, 0).array();
      case CacheFusionMessage.Release m -> start(9, m, 0).array();
      case CacheFusionMessage.ReleaseAccepted m -> start(10, m, 0).array();
      case CacheFusionMessage.ReleaseRefused m -> start(11, m, 0).array();
      case CacheFusionMessage.Written m -> start(12, m, 8).putLong(m.version()).array();
      case CacheFusionMessage.WriteRequest m ->
          start(13, m, 10)
              .putLong(m.version())
              .put(flag(m.forwarded()))
              .put((byte) m.keeper())
              .array();
    };
  }

  /**
   * Decodes from position to limit.
   *
   * @throws WeftException {@link CacheFusionErrors#BAD_MESSAGE} if it is not a whole message
   */
  static CacheFusionMessage decode(ByteBuffer in) {
    try {
      byte type = in.get();
      BlockId block = new BlockId(in.getInt(), in.getLong());
      CacheFusionMessage message =
          switch (type) {
            case 1 -> new CacheFusionMessage.Request(block, access(in), bit(in), in.getInt());
            case 2 ->
                new CacheFusionMessage.Forward(
                    block, in.getInt(), access(in), in.get(), in.getInt(), in.getLong());
            case 3 -> new CacheFusionMessage.Invalidate(block, in.getInt(), in.get());
            case 4 -> new CacheFusionMessage.Grant(block, in.getInt(), bit(in), in.getLong());
            case 5 ->
                new CacheFusionMessage.Data(
                    block, in.getInt(), in.getLong(), bit(in), in.getLong(), in.getInt());
            case 6 -> new CacheFusionMessage.Ack(block, in.getInt());
            case 7 -> new CacheFusionMessage.Done(block, in.getInt(), bit(in));
            case 8 -> new CacheFusionMessage.Refused(block);
            case 9 -> new CacheFusionMessage.Release(block);
            case 10 -> new CacheFusionMessage.ReleaseAccepted(block);
            case 11 -> new CacheFusionMessage.ReleaseRefused(block);
            case 12 -> new CacheFusionMessage.Written(block, in.getLong());
            case 13 -> new CacheFusionMessage.WriteRequest(block, in.getLong(), bit(in), in.get());
            case 14 -> new CacheFusionMessage.MasterLeaving(block);
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
        .putInt(message.block().file())
        .putLong(message.block().number());
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

  private static Access access(ByteBuffer in) {
    return bit(in) ? Access.EXCLUSIVE : Access.SHARED;
  }

  private static WeftException bad(String what) {
    return new WeftException(CacheFusionErrors.BAD_MESSAGE, "cache fusion message: " + what);
  }
}
