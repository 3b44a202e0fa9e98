// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The wire form of {@link LockMessage}, big-endian: a type byte, the epoch (32 bits), the sender's
 * {@link LockClock} (64 bits), then the fields in the order of the record. A name is a length byte
 * and its bytes; a value is its version, a byte for its state, and, if it is valid, a length byte
 * and its bytes.
 *
 * <p>It has no version of its own: the handshake compares a protocol version that covers the
 * messages of all services, so nodes that would read these messages differently do not connect. A
 * change of this form or of its meaning raises that version ({@code HandshakeMessage.VERSION}).
 *
 * <p>Long because the three tables of messages (fields out, fields in, sizes) are checked against
 * each other by reading them side by side.
 */
final class LockCodec {
  private static final int TYPE_BYTES = 1 + 4 + 8;

  /** Longest message in bytes; the transport limits headers to this size. */
  private static final int MAX_BYTES = 1_024;

  /** Bytes before the first entry of a report: prefix, parts, two counts. */
  private static final int REPORT_PREFIX = TYPE_BYTES + 4 + 1 + 1;

  private static final int MAX_ENTRIES = 255;

  private static final byte REQUEST = 1;
  private static final byte GRANT = 2;
  private static final byte REVOKE = 3;
  private static final byte DOWN = 4;
  private static final byte DOWN_ACK = 5;
  private static final byte IN_USE = 6;
  private static final byte INQUIRY = 7;
  private static final byte REPORT = 8;
  private static final byte SUSPICION = 9;
  private static final byte COLLECT = 10;
  private static final byte WAITS = 11;
  private static final byte END_WAIT = 12;
  private static final byte NOT_HELD = 13;
  private static final byte END_BLOCK_WAIT = 14;
  private static final byte MOVED = 15;
  private static final byte TRANSFER = 16;

  /** Most locks, holders or waiters in one part of an answer. */
  private static final int MAX_WAITS = 20;

  /** Bytes before the first lock of a part of an answer: prefix, round, parts, two counts. */
  private static final int WAITS_PREFIX = TYPE_BYTES + 8 + 4 + 1 + 1;

  /** Most parts of an answer about waits; further waits are not told. */
  private static final int MAX_PARTS = 1 << 14;

  /** Bytes of a lease: file, number, access. */
  private static final int LEASE_BYTES = 4 + 8 + 1;

  private static final int MAX_TEXT = 700;

  private LockCodec() {}

  /** A message with its sender's epoch and clock. */
  record Sent(long epoch, long clock, LockMessage message) {}

  static byte[] encode(long epoch, long clock, LockMessage message) {
    if (epoch < 0 || epoch > 0xFFFFFFFFL) {
      throw new IllegalArgumentException("epoch " + epoch + " is outside 0 to 4294967295");
    }
    ByteBuffer out = ByteBuffer.allocate(bytesOf(message));
    out.put(typeOf(message)).putInt((int) epoch).putLong(clock);
    putFields(out, message);
    return out.array();
  }

  private static void putFields(ByteBuffer out, LockMessage message) {
    switch (message) {
      case LockMessage.Request m -> {
        put(out, m.name());
        out.put(mode(m.mode())).putLong(m.number()).put(flag(m.converts())).put(flag(m.tryOnly()));
      }
      case LockMessage.Grant m -> {
        put(out, m.name());
        out.put(mode(m.mode())).putLong(m.grant()).putLong(m.request());
        put(out, m.value());
      }
      case LockMessage.Revoke m -> {
        put(out, m.name());
        out.putLong(m.grant()).putInt(m.number());
        out.put(mode(m.keep())).put(flag(m.answer()));
      }
      case LockMessage.Down m -> {
        put(out, m.name());
        out.put(mode(m.mode())).putLong(m.grant());
        put(out, m.value());
      }
      case LockMessage.DownAck m -> put(out, m.name());
      case LockMessage.NotHeld m -> {
        put(out, m.name());
        out.put(mode(m.mode())).putLong(m.grant());
      }
      case LockMessage.InUse m -> {
        put(out, m.name());
        out.putLong(m.grant());
      }
      case LockMessage.Moved m -> {
        out.putShort((short) m.master()).putInt(m.number()).put(typeOf(m.message()));
        putFields(out, m.message());
      }
      case LockMessage.Transfer m -> MovedLockCodec.put(out, m);
      case LockMessage.Inquiry m -> out.put(flag(m.keeps()));
      case LockMessage.Report m -> putReport(out, m);
      case LockMessage.Suspicion _ -> {}
      case LockMessage.Collect m -> out.putLong(m.round());
      case LockMessage.Waits m -> putWaits(out, m);
      case LockMessage.EndWait m -> {
        put(out, m.name());
        out.putLong(m.owner()).putLong(m.stamp());
        put(out, m.cycle());
      }
      case LockMessage.EndBlockWait m -> {
        out.putLong(m.owner()).putLong(m.stamp());
        put(out, m.cycle());
      }
    }
  }

  private static void put(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) bytes.length).put(bytes);
  }

  private static void putReport(ByteBuffer out, LockMessage.Report m) {
    out.putInt(m.parts()).put((byte) m.held().size()).put((byte) m.known().size());
    for (LockMessage.Held held : m.held()) {
      put(out, held.name());
      out.put(mode(held.mode())).putLong(held.grant());
      put(out, held.value());
    }
    for (LockMessage.Known known : m.known()) {
      put(out, known.name());
      put(out, known.value());
      out.put(flag(known.outsiderWrote()));
    }
  }

  private static void putWaits(ByteBuffer out, LockMessage.Waits m) {
    out.putLong(m.round()).putInt(m.parts());
    out.put((byte) m.waits().size()).put((byte) m.leases().size());
    for (LockMessage.LockWaits each : m.waits()) {
      put(out, each.name());
      out.putInt(each.first());
      out.put((byte) each.holding().size())
          .put((byte) each.waiting().size())
          .put((byte) each.queue().size());
      for (LockMessage.Holding holding : each.holding()) {
        out.putLong(holding.owner()).put(mode(holding.mode()));
      }
      for (LockMessage.Waiting waiting : each.waiting()) {
        out.putLong(waiting.owner()).put(mode(waiting.mode())).putLong(waiting.stamp());
      }
      each.queue().forEach(queued -> out.putShort((short) (int) queued));
    }
    for (LockMessage.LeaseWait each : m.leases()) {
      out.putLong(each.owner()).putLong(each.stamp()).put(flag(each.wanted().isPresent()));
      each.wanted().ifPresent(wanted -> put(out, wanted));
      out.put((byte) each.held().size());
      each.held().forEach(held -> put(out, held));
    }
  }

  private static void put(ByteBuffer out, HeldLease lease) {
    out.putInt(lease.block().file()).putLong(lease.block().number());
    out.put(flag(lease.access() == Access.EXCLUSIVE));
  }

  private static HeldLease lease(ByteBuffer in) {
    BlockId block = new BlockId(in.getInt(), in.getLong());
    return new HeldLease(block, bit(in) ? Access.EXCLUSIVE : Access.SHARED);
  }

  private static LockMessage.LeaseWait leaseWait(ByteBuffer in) {
    long owner = in.getLong();
    long stamp = in.getLong();
    Optional<HeldLease> wanted = bit(in) ? Optional.of(lease(in)) : Optional.empty();
    int count = in.get() & 0xff;
    if (count > LockMessage.LeaseWait.MAX_LEASES) {
      throw bad(count + " leases of a wait");
    }
    List<HeldLease> held = listOf(count, LEASE_BYTES, in);
    for (int i = 0; i < count; i++) {
      held.add(lease(in));
    }
    return new LockMessage.LeaseWait(owner, stamp, wanted, held);
  }

  private static LockMessage.Waits waits(ByteBuffer in) {
    long round = in.getLong();
    int parts = in.getInt();
    if (parts < 1 || parts > MAX_PARTS) {
      throw bad("an answer of " + parts + " parts");
    }
    int count = in.get() & 0xff;
    int leaseCount = in.get() & 0xff;
    List<LockMessage.LockWaits> all = listOf(count, 2 + 4 + 3, in);
    for (int i = 0; i < count; i++) {
      LockName name = name(in);
      int first = in.getInt();
      int holders = in.get() & 0xff;
      int waiters = in.get() & 0xff;
      int queued = in.get() & 0xff;
      List<LockMessage.Holding> holding = listOf(holders, 8 + 1, in);
      for (int h = 0; h < holders; h++) {
        holding.add(new LockMessage.Holding(in.getLong(), mode(in)));
      }
      List<LockMessage.Waiting> waiting = listOf(waiters, 8 + 1 + 8, in);
      for (int w = 0; w < waiters; w++) {
        waiting.add(new LockMessage.Waiting(in.getLong(), mode(in), in.getLong()));
      }
      List<Integer> queue = listOf(queued, 2, in);
      for (int q = 0; q < queued; q++) {
        queue.add(node(in));
      }
      all.add(new LockMessage.LockWaits(name, first, holding, waiting, queue));
    }
    List<LockMessage.LeaseWait> leases = listOf(leaseCount, 8 + 8 + 1 + 1, in);
    for (int i = 0; i < leaseCount; i++) {
      leases.add(leaseWait(in));
    }
    return new LockMessage.Waits(round, parts, all, leases);
  }

  private static LockMessage.EndWait endWait(ByteBuffer in) {
    return new LockMessage.EndWait(name(in), in.getLong(), in.getLong(), text(in));
  }

  private static String text(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0 || length > MAX_TEXT) {
      throw bad("a text of " + length + " bytes");
    }
    byte[] text = new byte[length];
    in.get(text);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw bad("a text that is no UTF-8");
    }
  }

  /** Divides an answer about waits into parts that fit into a message each; at least one. */
  static List<LockMessage.Waits> waitParts(
      long round, List<LockMessage.LockWaits> waits, List<LockMessage.LeaseWait> leases) {
    List<LockMessage.Waits> parts = new ArrayList<>();
    lockParts(waits).forEach(part -> parts.add(new LockMessage.Waits(round, 0, part, List.of())));
    leaseParts(leases).forEach(part -> parts.add(new LockMessage.Waits(round, 0, List.of(), part)));
    int count = Math.clamp(parts.size(), 1, MAX_PARTS);
    if (parts.isEmpty()) {
      parts.add(new LockMessage.Waits(round, 0, List.of(), List.of()));
    }
    return parts.stream()
        .limit(count)
        .map(part -> new LockMessage.Waits(round, count, part.waits(), part.leases()))
        .toList();
  }

  private static List<List<LockMessage.LeaseWait>> leaseParts(List<LockMessage.LeaseWait> leases) {
    List<List<LockMessage.LeaseWait>> parts = new ArrayList<>();
    int bytes = MAX_BYTES;
    for (LockMessage.LeaseWait each : leases) {
      if (bytes + bytesOf(each) > MAX_BYTES || parts.getLast().size() == MAX_ENTRIES) {
        parts.add(new ArrayList<>());
        bytes = WAITS_PREFIX;
      }
      parts.getLast().add(each);
      bytes += bytesOf(each);
    }
    return parts;
  }

  private static List<List<LockMessage.LockWaits>> lockParts(List<LockMessage.LockWaits> waits) {
    List<List<LockMessage.LockWaits>> parts = new ArrayList<>();
    int bytes = MAX_BYTES;
    for (LockMessage.LockWaits whole : waits) {
      for (LockMessage.LockWaits each : pieces(whole)) {
        if (bytes + bytesOf(each) > MAX_BYTES || parts.getLast().size() == MAX_ENTRIES) {
          parts.add(new ArrayList<>());
          bytes = WAITS_PREFIX;
        }
        parts.getLast().add(each);
        bytes += bytesOf(each);
      }
    }
    return parts;
  }

  /** Divides the waits of one lock into pieces of which each fits into a message. */
  private static List<LockMessage.LockWaits> pieces(LockMessage.LockWaits whole) {
    List<LockMessage.LockWaits> pieces = new ArrayList<>();
    int holders = whole.holding().size();
    int waiters = whole.waiting().size();
    int queued = whole.queue().size();
    int most = Math.max(1, Math.max(holders, Math.max(waiters, queued)));
    int each = MAX_WAITS;
    for (int from = 0; from < most; from += each) {
      pieces.add(
          new LockMessage.LockWaits(
              whole.name(),
              from,
              whole.holding().subList(Math.min(from, holders), Math.min(from + each, holders)),
              whole.waiting().subList(Math.min(from, waiters), Math.min(from + each, waiters)),
              whole.queue().subList(Math.min(from, queued), Math.min(from + each, queued))));
    }
    return pieces;
  }

  /**
   * Decodes from position to limit.
   *
   * @throws WeftException {@link CacheFusionErrors#BAD_MESSAGE} if it is not a whole message
   */
  static Sent decode(ByteBuffer in) {
    try {
      byte type = in.get();
      long epoch = Integer.toUnsignedLong(in.getInt());
      long clock = in.getLong();
      LockMessage message =
          switch (type) {
            case REQUEST, DOWN, NOT_HELD, IN_USE -> forMaster(type, in);
            case GRANT ->
                new LockMessage.Grant(name(in), mode(in), in.getLong(), in.getLong(), value(in));
            case REVOKE ->
                new LockMessage.Revoke(name(in), in.getLong(), in.getInt(), mode(in), bit(in));
            case DOWN_ACK -> new LockMessage.DownAck(name(in));
            case MOVED -> new LockMessage.Moved(node(in), in.getInt(), forMaster(in.get(), in));
            case TRANSFER -> MovedLockCodec.transfer(in);
            case INQUIRY -> new LockMessage.Inquiry(bit(in));
            case REPORT -> report(in);
            case SUSPICION -> new LockMessage.Suspicion();
            case COLLECT -> new LockMessage.Collect(in.getLong());
            case WAITS -> waits(in);
            case END_WAIT -> endWait(in);
            case END_BLOCK_WAIT ->
                new LockMessage.EndBlockWait(in.getLong(), in.getLong(), text(in));
            default -> throw bad("unknown type " + type);
          };
      if (in.hasRemaining()) {
        throw bad(in.remaining() + " bytes too many in a message of type " + type);
      }
      return new Sent(epoch, clock, message);
    } catch (BufferUnderflowException e) {
      throw bad("cut short");
    } catch (IllegalArgumentException e) {
      throw bad(e.getMessage());
    }
  }

  private static LockMessage.About forMaster(byte type, ByteBuffer in) {
    return switch (type) {
      case REQUEST -> new LockMessage.Request(name(in), mode(in), in.getLong(), bit(in), bit(in));
      case DOWN -> new LockMessage.Down(name(in), mode(in), in.getLong(), value(in));
      case NOT_HELD -> new LockMessage.NotHeld(name(in), mode(in), in.getLong());
      case IN_USE -> new LockMessage.InUse(name(in), in.getLong());
      default -> throw bad("type " + type + " is not for a master");
    };
  }

  private static LockMessage.Report report(ByteBuffer in) {
    int parts = in.getInt();
    if (parts < 1) {
      throw bad("a report of " + parts + " parts");
    }
    int heldCount = in.get() & 0xff;
    int knownCount = in.get() & 0xff;
    List<LockMessage.Held> held = listOf(heldCount, 2 + 1 + 8 + 9, in);
    for (int i = 0; i < heldCount; i++) {
      held.add(new LockMessage.Held(name(in), mode(in), in.getLong(), value(in)));
    }
    List<LockMessage.Known> known = listOf(knownCount, 2 + 9 + 1, in);
    for (int i = 0; i < knownCount; i++) {
      known.add(new LockMessage.Known(name(in), value(in), bit(in)));
    }
    return new LockMessage.Report(parts, held, known);
  }

  /** Divides the locks of a bucket into parts that fit into a message each; at least one. */
  static List<LockMessage.Transfer> transferParts(int bucket, List<MovedLock> locks) {
    return MovedLockCodec.parts(bucket, locks, MAX_BYTES - TYPE_BYTES);
  }

  /** Divides a report into parts that fit into a message each; at least one. */
  static List<LockMessage.Report> parts(
      List<LockMessage.Held> held, List<LockMessage.Known> known) {
    List<LockMessage.Report> parts = new ArrayList<>();
    int h = 0;
    int k = 0;
    do {
      int firstHeld = h;
      int firstKnown = k;
      int bytes = REPORT_PREFIX;
      while (h < held.size()
          && h - firstHeld < MAX_ENTRIES
          && bytes + bytesOf(held.get(h)) <= MAX_BYTES) {
        bytes += bytesOf(held.get(h++));
      }
      while (k < known.size()
          && k - firstKnown < MAX_ENTRIES
          && bytes + bytesOf(known.get(k)) <= MAX_BYTES) {
        bytes += bytesOf(known.get(k++));
      }
      parts.add(
          new LockMessage.Report(0, held.subList(firstHeld, h), known.subList(firstKnown, k)));
    } while (h < held.size() || k < known.size());
    int count = parts.size();
    return parts.stream()
        .map(part -> new LockMessage.Report(count, part.held(), part.known()))
        .toList();
  }

  // ---- sizes ---------------------------------------------------------------------------------

  private static int bytesOf(LockMessage message) {
    return TYPE_BYTES
        + switch (message) {
          case LockMessage.Request m -> bytesOf(m.name()) + 1 + 8 + 1 + 1;
          case LockMessage.Grant m -> bytesOf(m.name()) + 1 + 8 + 8 + bytesOf(m.value());
          case LockMessage.Revoke m -> bytesOf(m.name()) + 8 + 4 + 1 + 1;
          case LockMessage.Down m -> bytesOf(m.name()) + 1 + 8 + bytesOf(m.value());
          case LockMessage.DownAck m -> bytesOf(m.name());
          case LockMessage.NotHeld m -> bytesOf(m.name()) + 1 + 8;
          case LockMessage.InUse m -> bytesOf(m.name()) + 8;
          case LockMessage.Moved m -> 2 + 4 + 1 + bytesOf(m.message()) - TYPE_BYTES;
          case LockMessage.Transfer m -> MovedLockCodec.bytesOf(m);
          case LockMessage.Inquiry _ -> 1;
          case LockMessage.Report m ->
              4
                  + 1
                  + 1
                  + m.held().stream().mapToInt(LockCodec::bytesOf).sum()
                  + m.known().stream().mapToInt(LockCodec::bytesOf).sum();
          case LockMessage.Suspicion _ -> 0;
          case LockMessage.Collect _ -> 8;
          case LockMessage.Waits m ->
              8
                  + 4
                  + 1
                  + 1
                  + m.waits().stream().mapToInt(LockCodec::bytesOf).sum()
                  + m.leases().stream().mapToInt(LockCodec::bytesOf).sum();
          case LockMessage.EndWait m ->
              bytesOf(m.name()) + 8 + 8 + 2 + m.cycle().getBytes(StandardCharsets.UTF_8).length;
          case LockMessage.EndBlockWait m ->
              8 + 8 + 2 + m.cycle().getBytes(StandardCharsets.UTF_8).length;
        };
  }

  static int bytesOf(LockName name) {
    return 1 + name.length();
  }

  static int bytesOf(StoredValue value) {
    return 8 + 1 + (value.value().isValid() ? 1 + value.value().bytes().length : 0);
  }

  private static int bytesOf(LockMessage.Held held) {
    return bytesOf(held.name()) + 1 + 8 + bytesOf(held.value());
  }

  private static int bytesOf(LockMessage.LeaseWait wait) {
    return 8
        + 8
        + 1
        + (wait.wanted().isPresent() ? LEASE_BYTES : 0)
        + 1
        + wait.held().size() * LEASE_BYTES;
  }

  private static int bytesOf(LockMessage.LockWaits waits) {
    return bytesOf(waits.name())
        + 4
        + 3
        + waits.holding().size() * (8 + 1)
        + waits.waiting().size() * (8 + 1 + 8)
        + waits.queue().size() * 2;
  }

  private static int bytesOf(LockMessage.Known known) {
    return bytesOf(known.name()) + bytesOf(known.value()) + 1;
  }

  // ---- fields --------------------------------------------------------------------------------

  private static byte typeOf(LockMessage message) {
    return switch (message) {
      case LockMessage.Request _ -> REQUEST;
      case LockMessage.Grant _ -> GRANT;
      case LockMessage.Revoke _ -> REVOKE;
      case LockMessage.Down _ -> DOWN;
      case LockMessage.DownAck _ -> DOWN_ACK;
      case LockMessage.NotHeld _ -> NOT_HELD;
      case LockMessage.InUse _ -> IN_USE;
      case LockMessage.Inquiry _ -> INQUIRY;
      case LockMessage.Report _ -> REPORT;
      case LockMessage.Suspicion _ -> SUSPICION;
      case LockMessage.Collect _ -> COLLECT;
      case LockMessage.Waits _ -> WAITS;
      case LockMessage.EndWait _ -> END_WAIT;
      case LockMessage.EndBlockWait _ -> END_BLOCK_WAIT;
      case LockMessage.Moved _ -> MOVED;
      case LockMessage.Transfer _ -> TRANSFER;
    };
  }

  static void put(ByteBuffer out, LockName name) {
    out.put((byte) name.length());
    name.writeTo(out);
  }

  static LockName name(ByteBuffer in) {
    int length = in.get() & 0xff;
    if (length < 1 || length > LockName.MAX_BYTES) {
      throw bad("a name of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return LockName.of(bytes);
  }

  static void put(ByteBuffer out, StoredValue value) {
    out.putLong(value.version()).put((byte) value.value().state().ordinal());
    if (value.value().isValid()) {
      byte[] bytes = value.value().bytes();
      out.put((byte) bytes.length).put(bytes);
    }
  }

  static StoredValue value(ByteBuffer in) {
    long version = in.getLong();
    int state = in.get();
    return new StoredValue(
        version,
        switch (state) {
          case 0 -> LockValue.of(valueBytes(in));
          case 1 -> LockValue.ABSENT;
          case 2 -> LockValue.LOST;
          default -> throw bad("a value in state " + state);
        });
  }

  private static byte[] valueBytes(ByteBuffer in) {
    int length = in.get() & 0xff;
    if (length > LockValue.MAX_BYTES) {
      throw bad("a value of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /**
   * An empty list with room for {@code count} elements.
   *
   * @param least bytes that each element takes at least
   * @throws BufferUnderflowException if so many cannot follow
   */
  static <T> List<T> listOf(int count, int least, ByteBuffer in) {
    if (count > in.remaining() / least) {
      throw new BufferUnderflowException();
    }
    return new ArrayList<>(count);
  }

  static int node(ByteBuffer in) {
    int node = Short.toUnsignedInt(in.getShort());
    if (node > NodeId.MAX) {
      throw bad("node " + node);
    }
    return node;
  }

  static byte mode(LockMode mode) {
    return (byte) mode.ordinal();
  }

  static LockMode mode(ByteBuffer in) {
    return mode(in.get());
  }

  static LockMode mode(byte ordinal) {
    if (ordinal < 0 || ordinal >= Modes.COUNT) {
      throw bad("mode " + ordinal);
    }
    return Modes.of(ordinal);
  }

  static byte flag(boolean set) {
    return (byte) (set ? 1 : 0);
  }

  static boolean bit(ByteBuffer in) {
    byte value = in.get();
    if (value != 0 && value != 1) {
      throw bad("flag " + value);
    }
    return value == 1;
  }

  static WeftException bad(String what) {
    return new WeftException(CacheFusionErrors.BAD_MESSAGE, "a message about locks: " + what);
  }
}
