// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.spi.directory.Buckets;
import io.weft.spi.membership.NodeSetCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The wire form of {@link MoveMessage}: big-endian, a type byte, the epoch, bucket and number of
 * the move, then the fields in the order of the record. The types follow those of {@link
 * MessageCodec}.
 */
public final class MoveCodec {
  /** Type of a transfer; this and the next type are messages of a move. */
  private static final byte TRANSFER = 24;

  private static final byte NEW_MASTER = 25;

  /** Type, epoch, bucket and number. */
  private static final int PREFIX = 1 + 4 + 2 + 4;

  /** Bytes of an entry without sharers and queue: block, owner, length of the queue. */
  private static final int ENTRY_BYTES = 4 + 8 + 2 + 1;

  /** Bytes of a queued request: node, access, ticket. */
  private static final int QUEUED_BYTES = 2 + 1 + 4;

  /** Bytes of the shortest entry: without sharers and queue. */
  private static final int LEAST_ENTRY_BYTES = ENTRY_BYTES + NodeSetCodec.bytes(NodeSet.NONE);

  private static final int MOST_ENTRY_BYTES = MessageCodec.MAX_HEADER_BYTES - PREFIX - 4 - 2;

  private MoveCodec() {}

  /** Whether the message at the buffer's position belongs to a move. */
  public static boolean isMove(ByteBuffer in) {
    return in.remaining() > 0
        && (in.get(in.position()) == TRANSFER || in.get(in.position()) == NEW_MASTER);
  }

  /** Divides entries into parts, each of which fits into one message; at least one part. */
  static List<List<MovedEntry>> parts(List<MovedEntry> entries) {
    List<List<MovedEntry>> parts = new ArrayList<>();
    int from = 0;
    int bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      int more = bytesOf(entries.get(i));
      if (bytes + more > MOST_ENTRY_BYTES) {
        parts.add(entries.subList(from, i));
        from = i;
        bytes = 0;
      }
      bytes += more;
    }
    parts.add(entries.subList(from, entries.size()));
    return parts;
  }

  /** The message as bytes; a transfer must be one of {@link #parts}. */
  public static byte[] encode(long epoch, MoveMessage message) {
    return switch (message) {
      case MoveMessage.Transfer m -> transfer(epoch, m);
      case MoveMessage.NewMaster m -> start(NEW_MASTER, epoch, m, 0).array();
    };
  }

  private static byte[] transfer(long epoch, MoveMessage.Transfer transfer) {
    int bytes = 0;
    for (MovedEntry entry : transfer.entries()) {
      bytes += bytesOf(entry);
    }
    ByteBuffer out =
        start(TRANSFER, epoch, transfer, 4 + 2 + bytes)
            .putInt(transfer.parts())
            .putShort((short) transfer.entries().size());
    for (MovedEntry entry : transfer.entries()) {
      out.putInt(entry.block().file())
          .putLong(entry.block().number())
          .putShort((short) entry.owner());
      NodeSetCodec.put(out, entry.sharers()).put((byte) entry.queue().size());
      for (Queued queued : entry.queue()) {
        out.putShort((short) queued.node())
            .put((byte) (queued.access() == Access.EXCLUSIVE ? 1 : 0))
            .putInt(queued.ticket());
      }
    }
    return out.array();
  }

  private static ByteBuffer start(byte type, long epoch, MoveMessage message, int fieldBytes) {
    return ByteBuffer.allocate(PREFIX + fieldBytes)
        .put(type)
        .putInt(MessageCodec.u32("epoch", epoch))
        .putShort((short) message.bucket())
        .putInt(message.number());
  }

  /**
   * Decodes from position to limit.
   *
   * @throws WeftException {@link CacheFusionErrors#BAD_MESSAGE} if it is not a whole message
   */
  public static MoveMessage decode(ByteBuffer in) {
    try {
      byte type = in.get();
      in.getInt(); // the epoch
      int bucket = Short.toUnsignedInt(in.getShort());
      int number = in.getInt();
      MoveMessage message =
          type == NEW_MASTER
              ? new MoveMessage.NewMaster(bucket, number)
              : new MoveMessage.Transfer(bucket, number, parts(in), entries(bucket, in));
      if (in.hasRemaining()) {
        throw bad(in.remaining() + " bytes too many");
      }
      return message;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new WeftException(CacheFusionErrors.BAD_MESSAGE, "message of a move cut short", e);
    }
  }

  private static int parts(ByteBuffer in) {
    int parts = in.getInt();
    if (parts < 1) {
      throw bad("a transfer of " + parts + " parts");
    }
    return parts;
  }

  private static List<MovedEntry> entries(int bucket, ByteBuffer in) {
    int count = Short.toUnsignedInt(in.getShort());
    if (count > in.remaining() / LEAST_ENTRY_BYTES) {
      throw bad(in.remaining() + " bytes for " + count + " entries");
    }
    List<MovedEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      BlockId block = new BlockId(in.getInt(), in.getLong());
      if (Buckets.of(block.file(), block.number()) != bucket) {
        throw bad("block " + block + " is not in bucket " + bucket);
      }
      int owner = owner(in);
      NodeSet sharers = NodeSetCodec.get(in);
      entries.add(new MovedEntry(block, owner, sharers, queue(in)));
    }
    return entries;
  }

  private static List<Queued> queue(ByteBuffer in) {
    int count = in.get();
    if (count < 0 || count > MovedEntry.MOST_QUEUED) {
      throw bad("a queue of " + count + " requests");
    }
    List<Queued> queue = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      queue.add(new Queued(node(in), MessageCodec.access(in), in.getInt()));
    }
    return queue;
  }

  private static int owner(ByteBuffer in) {
    int owner = in.getShort();
    if (owner < DirectoryEntry.NO_NODE || owner > NodeId.MAX) {
      throw bad("owner of value " + owner);
    }
    return owner;
  }

  private static int node(ByteBuffer in) {
    int node = Short.toUnsignedInt(in.getShort());
    if (node > NodeId.MAX) {
      throw bad("node of value " + node);
    }
    return node;
  }

  private static int bytesOf(MovedEntry entry) {
    return ENTRY_BYTES + NodeSetCodec.bytes(entry.sharers()) + entry.queue().size() * QUEUED_BYTES;
  }

  private static WeftException bad(String what) {
    return new WeftException(CacheFusionErrors.BAD_MESSAGE, "message of a move: " + what);
  }
}
