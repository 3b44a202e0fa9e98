// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.spi.directory.Buckets;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The wire form of {@link LockMessage.Transfer}: see {@link LockCodec}. */
final class MovedLockCodec {
  /** Bytes before the first lock: bucket, parts, count. */
  private static final int PREFIX = 4 + 4 + 1;

  /** Bytes of the shortest lock: name, value, first, two counts. */
  private static final int LEAST_BYTES = 2 + 9 + 4 + 2;

  private static final int PARTY_BYTES = 2 + 1 + 8 + 8 + 1 + 4 + 1;
  private static final int QUEUED_BYTES = 2 + 1 + 8 + 1 + 1;
  private static final int MAX_ENTRIES = 255;

  /** Stands for a mode that is absent. */
  private static final byte NO_MODE = -1;

  private MovedLockCodec() {}

  static int bytesOf(LockMessage.Transfer m) {
    return PREFIX + m.locks().stream().mapToInt(MovedLockCodec::bytesOf).sum();
  }

  private static int bytesOf(MovedLock lock) {
    return LockCodec.bytesOf(lock.name())
        + LockCodec.bytesOf(lock.value())
        + 4
        + 2
        + lock.parties().size() * PARTY_BYTES
        + lock.queue().size() * QUEUED_BYTES;
  }

  /**
   * Divides the locks of a bucket into parts that fit into a message each; at least one.
   *
   * @param most bytes of a message without its prefix
   */
  static List<LockMessage.Transfer> parts(int bucket, List<MovedLock> locks, int most) {
    List<List<MovedLock>> parts = new ArrayList<>();
    parts.add(new ArrayList<>());
    int bytes = PREFIX;
    for (MovedLock whole : locks) {
      for (MovedLock piece : whole.pieces()) {
        if (bytes + bytesOf(piece) > most || parts.getLast().size() == MAX_ENTRIES) {
          parts.add(new ArrayList<>());
          bytes = PREFIX;
        }
        parts.getLast().add(piece);
        bytes += bytesOf(piece);
      }
    }
    return parts.stream()
        .map(part -> new LockMessage.Transfer(bucket, parts.size(), part))
        .toList();
  }

  static void put(ByteBuffer out, LockMessage.Transfer m) {
    out.putInt(m.bucket()).putInt(m.parts()).put((byte) m.locks().size());
    for (MovedLock lock : m.locks()) {
      LockCodec.put(out, lock.name());
      LockCodec.put(out, lock.value());
      out.putInt(lock.first());
      out.put((byte) lock.parties().size()).put((byte) lock.queue().size());
      for (MovedLock.Party party : lock.parties()) {
        out.putShort((short) party.node()).put(LockCodec.mode(party.mode()));
        out.putLong(party.grant()).putLong(party.seen());
        out.put(party.told().map(LockCodec::mode).orElse(NO_MODE));
        out.putInt(party.revocation()).put(LockCodec.flag(party.answers()));
      }
      for (MovedLock.Queued queued : lock.queue()) {
        out.putShort((short) queued.node()).put(LockCodec.mode(queued.mode()));
        out.putLong(queued.number());
        out.put(LockCodec.flag(queued.converts())).put(LockCodec.flag(queued.tryOnly()));
      }
    }
  }

  static LockMessage.Transfer transfer(ByteBuffer in) {
    int bucket = in.getInt();
    int parts = in.getInt();
    if (bucket < 0 || bucket >= Buckets.COUNT || parts < 1) {
      throw LockCodec.bad("bucket " + bucket + " in " + parts + " parts");
    }
    int count = in.get() & 0xff;
    List<MovedLock> locks = LockCodec.listOf(count, LEAST_BYTES, in);
    for (int i = 0; i < count; i++) {
      locks.add(lock(in));
    }
    return new LockMessage.Transfer(bucket, parts, locks);
  }

  private static MovedLock lock(ByteBuffer in) {
    LockName name = LockCodec.name(in);
    StoredValue value = LockCodec.value(in);
    int first = in.getInt();
    int partyCount = in.get() & 0xff;
    int queuedCount = in.get() & 0xff;
    List<MovedLock.Party> parties = LockCodec.listOf(partyCount, PARTY_BYTES, in);
    for (int i = 0; i < partyCount; i++) {
      parties.add(
          new MovedLock.Party(
              LockCodec.node(in),
              LockCodec.mode(in),
              in.getLong(),
              in.getLong(),
              told(in),
              in.getInt(),
              LockCodec.bit(in)));
    }
    List<MovedLock.Queued> queue = LockCodec.listOf(queuedCount, QUEUED_BYTES, in);
    for (int i = 0; i < queuedCount; i++) {
      queue.add(
          new MovedLock.Queued(
              LockCodec.node(in),
              LockCodec.mode(in),
              in.getLong(),
              LockCodec.bit(in),
              LockCodec.bit(in)));
    }
    return new MovedLock(name, value, first, parties, queue);
  }

  private static Optional<LockMode> told(ByteBuffer in) {
    byte mode = in.get();
    return mode == NO_MODE ? Optional.empty() : Optional.of(LockCodec.mode(mode));
  }
}
