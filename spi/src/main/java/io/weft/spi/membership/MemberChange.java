// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.Member;
import io.weft.api.NodeId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One change of the agreed list of members, as a request in the registry has it.
 *
 * @param kind what is to be done
 * @param node with which node
 * @param member the node as it is to be; empty if it is to be removed
 * @param known the node as whoever asks knows it, of a change that depends on that; else empty. So
 *     of two changes that were asked for at once, none undoes the other unnoticed
 */
public record MemberChange(
    Kind kind, NodeId node, Optional<Member> member, Optional<Member> known) {
  /** First bytes of an encoded change: "WFMC". */
  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'M' << 8 | 'C';

  /** Version of the format. */
  private static final int FORMAT = 1;

  /** What is to be done with a node. The order is that of the codec. */
  public enum Kind {
    /** It becomes a member. */
    ADD,
    /** It is one no more. */
    REMOVE,
    /** It gets another address or weight. */
    CHANGE
  }

  /** A node becomes a member. */
  public static MemberChange add(Member member) {
    return new MemberChange(Kind.ADD, member.id(), Optional.of(member), Optional.empty());
  }

  /** A node is a member no more. */
  public static MemberChange remove(NodeId node) {
    return new MemberChange(Kind.REMOVE, node, Optional.empty(), Optional.empty());
  }

  /** A member gets another address or weight. */
  public static MemberChange change(Member member) {
    return new MemberChange(Kind.CHANGE, member.id(), Optional.of(member), Optional.empty());
  }

  /** A member that is like this gets another address or weight; if it is not, nothing is done. */
  public static MemberChange change(Member known, Member member) {
    return new MemberChange(Kind.CHANGE, member.id(), Optional.of(member), Optional.of(known));
  }

  /**
   * Encodes the change: u32 "WFMC", u16 format 1, u8 kind (ordinal), u16 node, then, unless it is
   * removed, the member ({@link AgreedMembers}), and perhaps the member as it was known.
   * Big-endian.
   */
  public byte[] encode() {
    ByteBuffer out =
        ByteBuffer.allocate(9 + bytesOf(member) + bytesOf(known))
            .putInt(MAGIC)
            .putShort((short) FORMAT)
            .put((byte) kind.ordinal())
            .putShort((short) node.value());
    member.ifPresent(next -> AgreedMembers.put(out, next));
    known.ifPresent(now -> AgreedMembers.put(out, now));
    return out.array();
  }

  private static int bytesOf(Optional<Member> member) {
    return member.map(AgreedMembers::bytesOf).orElse(0);
  }

  /**
   * Decodes the output of {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are no encoded change
   */
  public static MemberChange decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      if (in.getInt() != MAGIC || in.getShort() != FORMAT) {
        throw new IllegalArgumentException("it is no change of format " + FORMAT);
      }
      int kind = Byte.toUnsignedInt(in.get());
      if (kind >= Kind.values().length) {
        throw new IllegalArgumentException("kind " + kind + " is unknown");
      }
      NodeId node = new NodeId(Short.toUnsignedInt(in.getShort()));
      Optional<Member> member =
          Kind.values()[kind] == Kind.REMOVE
              ? Optional.empty()
              : Optional.of(AgreedMembers.memberOf(in));
      Optional<Member> known =
          Kind.values()[kind] == Kind.CHANGE && in.hasRemaining()
              ? Optional.of(AgreedMembers.memberOf(in))
              : Optional.empty();
      if (in.hasRemaining() || isOther(member, node) || isOther(known, node)) {
        throw new IllegalArgumentException("it has a wrong length, or two ids");
      }
      return new MemberChange(Kind.values()[kind], node, member, known);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("it is cut short", e);
    }
  }

  private static boolean isOther(Optional<Member> member, NodeId node) {
    return member.filter(named -> !named.id().equals(node)).isPresent();
  }
}
