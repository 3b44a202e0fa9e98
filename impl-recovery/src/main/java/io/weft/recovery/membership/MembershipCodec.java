// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.membership.NodeSetCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * The wire form of {@link MembershipMessage}, version 2: big-endian, a type byte, the sender's
 * incarnation, then the fields in the order of the record; a set of nodes as in {@link
 * NodeSetCodec}; a view record as in {@link ViewRecordCodec}, to the end.
 */
final class MembershipCodec {
  private static final int PREFIX = 1 + 8;
  private static final byte STATUS = 1;
  private static final byte VOTE_REQUEST = 2;
  private static final byte VOTE = 3;
  private static final byte ANNOUNCEMENT = 4;

  /** No message has this type: see {@link MembershipChannel}. */
  static final byte LONG = 5;

  private final ViewRecordCodec records;

  MembershipCodec(ViewRecordCodec records) {
    this.records = records;
  }

  byte[] encode(MembershipMessage message) {
    return switch (message) {
      case MembershipMessage.Status m ->
          NodeSetCodec.put(
                  start(STATUS, m, 3 * 8 + 2 + 5 * 8 + NodeSetCodec.bytes(m.suspects()))
                      .putLong(m.sentNs())
                      .putLong(m.echoNs())
                      .putLong(m.echoOf())
                      .put((byte) m.phase().ordinal())
                      .put((byte) (m.witness() ? 1 : 0))
                      .putLong(m.epoch())
                      .putLong(m.progress().fenced())
                      .putLong(m.progress().recovered())
                      .putLong(m.progress().complete())
                      .putLong(m.progress().saved()),
                  m.suspects())
              .array();
      case MembershipMessage.VoteRequest m -> {
        byte[] record = records.encodeShort(m.record());
        yield start(VOTE_REQUEST, m, 4 + record.length).putInt(m.attempt()).put(record).array();
      }
      case MembershipMessage.Vote m ->
          start(VOTE, m, 13)
              .putInt(m.attempt())
              .putLong(m.epoch())
              .put((byte) (m.granted() ? 1 : 0))
              .array();
      case MembershipMessage.Announcement m -> {
        byte[] record = records.encodeShort(m.record());
        yield start(ANNOUNCEMENT, m, record.length).put(record).array();
      }
    };
  }

  /**
   * Decodes from position to limit.
   *
   * @throws WeftException if it is not a whole message
   */
  MembershipMessage decode(ByteBuffer in) {
    try {
      byte type = in.get();
      long incarnation = in.getLong();
      return switch (type) {
        case STATUS ->
            new MembershipMessage.Status(
                incarnation,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                phase(in),
                bit(in),
                new MembershipMessage.Progress(
                    in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong()),
                suspects(in));
        case VOTE_REQUEST ->
            new MembershipMessage.VoteRequest(incarnation, in.getInt(), record(in));
        case VOTE ->
            whole(in, new MembershipMessage.Vote(incarnation, in.getInt(), in.getLong(), bit(in)));
        case ANNOUNCEMENT -> new MembershipMessage.Announcement(incarnation, record(in));
        default -> throw bad("type " + type, null);
      };
    } catch (BufferUnderflowException e) {
      throw bad("length", e);
    } catch (IllegalArgumentException e) {
      throw bad("set of nodes", e);
    }
  }

  /** The set at the end of a status. */
  private static NodeSet suspects(ByteBuffer in) {
    return whole(in, NodeSetCodec.get(in));
  }

  private static <T> T whole(ByteBuffer in, T last) {
    if (in.hasRemaining()) {
      throw bad("length", null);
    }
    return last;
  }

  private static MembershipPhase phase(ByteBuffer in) {
    int ordinal = in.get();
    if (ordinal < 0 || ordinal >= MembershipPhase.values().length) {
      throw bad("phase " + ordinal, null);
    }
    return MembershipPhase.values()[ordinal];
  }

  private static boolean bit(ByteBuffer in) {
    byte value = in.get();
    if (value != 0 && value != 1) {
      throw bad("flag " + value, null);
    }
    return value == 1;
  }

  private ViewRecord record(ByteBuffer in) {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return records.decode(bytes);
  }

  private static ByteBuffer start(byte type, MembershipMessage message, int bytes) {
    return ByteBuffer.allocate(PREFIX + bytes).put(type).putLong(message.incarnation());
  }

  private static WeftException bad(String what, Exception cause) {
    return new WeftException(
        MembershipErrors.BAD_MESSAGE,
        "a message about membership has a wrong " + what + "; do all nodes run the same version?",
        cause);
  }
}
