// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The list of members as the record of a view has it. Immutable.
 *
 * <p>Encoded big-endian: u64 version, u64 request, u16 number of members, the members ascending by
 * id, u16 number of removed nodes, their ids ascending, each u16. A member is u16 id, u16 port, u16
 * weight, u8 length of the host in UTF-8, the host.
 *
 * @param list the members
 * @param request the number of the request in the registry that was carried out last, 0 if none was
 */
public record AgreedMembers(MemberList list, long request) {
  /** Largest encoded size of a list in bytes: enough for 1,024 members with usual host names. */
  public static final int MAX_BYTES = 52 << 10;

  /** Longest host in bytes of UTF-8. */
  public static final int MAX_HOST_BYTES = 255;

  private static final int HEAD = 2 * Long.BYTES + 2 * Short.BYTES;
  private static final int MEMBER_HEAD = 7;

  /** The list of the first record: the configured one. */
  public static AgreedMembers first(List<Member> configured) {
    return new AgreedMembers(new MemberList(0, configured, NodeSet.NONE), 0);
  }

  // ---- changes

  /**
   * The list after a change.
   *
   * @param number the number of the request that asks for it
   * @throws WeftException with a code of {@link MemberErrors} if the change is refused
   */
  public AgreedMembers after(MemberChange change, long number) {
    Optional<Member> old = list.find(change.node());
    if (change.kind() == MemberChange.Kind.ADD && old.isPresent()) {
      throw refused(
          MemberErrors.MEMBER_EXISTS,
          old.get() + " is a member; choose another id, or change the member");
    }
    if (change.kind() != MemberChange.Kind.ADD && old.isEmpty()) {
      throw refused(
          MemberErrors.UNKNOWN_MEMBER,
          change.node() + " is no member; members are " + named(list.members()));
    }
    if (change.known().isPresent() && !change.known().equals(old)) {
      throw refused(
          MemberErrors.MEMBER_CHANGED,
          "the change was asked for when the list had "
              + change.known().get()
              + ", and now it has "
              + old.get()
              + ": it has been changed meanwhile; look at the list, and ask again");
    }
    change.member().ifPresent(this::checkAddress);
    Stream<Member> others = list.members().stream().filter(m -> !m.id().equals(change.node()));
    List<Member> next = Stream.concat(others, change.member().stream()).toList();
    if (next.isEmpty()) {
      throw refused(
          MemberErrors.LAST_MEMBER,
          change.node() + " is the last member; a cluster has at least one");
    }
    NodeSet removed =
        change.member().isPresent()
            ? list.removed().without(change.node().value())
            : list.removed().with(change.node().value());
    AgreedMembers after =
        new AgreedMembers(new MemberList(list.version() + 1, next, removed), number);
    if (after.bytes() > MAX_BYTES) {
      throw refused(
          MemberErrors.LIST_TOO_LONG,
          "the list would take "
              + after.bytes()
              + " bytes, allowed are "
              + MAX_BYTES
              + "; use shorter host names, or remove members that are not needed any more");
    }
    return after;
  }

  private void checkAddress(Member member) {
    int bytes = member.host().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_HOST_BYTES) {
      throw refused(
          MemberErrors.BAD_MEMBER,
          "the host of "
              + member.id()
              + " has "
              + bytes
              + " bytes, allowed are "
              + MAX_HOST_BYTES
              + "; give a name or an address");
    }
    for (Member other : list.members()) {
      if (!other.id().equals(member.id())
          && other.host().equalsIgnoreCase(member.host())
          && other.port() == member.port()) {
        throw refused(
            MemberErrors.ADDRESS_IN_USE,
            member.host()
                + ":"
                + member.port()
                + " is the address of "
                + other.id()
                + "; give "
                + member.id()
                + " another one");
      }
    }
  }

  /** Whether this list may follow another one: it is the same, or one member differs. */
  public boolean mayFollow(AgreedMembers before) {
    if (equals(before)) {
      return true;
    }
    List<Member> gone = without(before.list.members(), list.members());
    List<Member> come = without(list.members(), before.list.members());
    boolean oneMember =
        gone.size() <= 1
            && come.size() <= 1
            && (gone.isEmpty()
                || come.isEmpty()
                || gone.getFirst().id().equals(come.getFirst().id()));
    return list.version() == before.list.version() + 1 && request > before.request && oneMember;
  }

  private static List<Member> without(List<Member> all, List<Member> others) {
    NodeSet.Builder ids = new NodeSet.Builder();
    others.forEach(member -> ids.add(member.id().value()));
    NodeSet known = ids.build();
    return all.stream()
        .filter(member -> !known.contains(member.id().value()) || !others.contains(member))
        .toList();
  }

  private static String named(List<Member> members) {
    int most = 8;
    String first = members.stream().limit(most).map(Member::toString).toList().toString();
    return members.size() > most ? first + " and " + (members.size() - most) + " more" : first;
  }

  private static WeftException refused(ErrorCode code, String text) {
    return new WeftException(code, text);
  }

  // ---- the encoded form

  /** Encoded size in bytes. */
  public int bytes() {
    return HEAD
        + list.members().stream().mapToInt(AgreedMembers::bytesOf).sum()
        + list.removed().size() * Short.BYTES;
  }

  /** Encodes the list. */
  public byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(bytes());
    out.putLong(list.version()).putLong(request).putShort((short) list.members().size());
    list.members().forEach(member -> put(out, member));
    out.putShort((short) list.removed().size());
    list.removed().forEach(node -> out.putShort((short) node));
    return out.array();
  }

  /**
   * Decodes the output of {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are no encoded list
   */
  public static AgreedMembers decode(ByteBuffer in) {
    try {
      long version = in.getLong();
      long request = in.getLong();
      int count = Short.toUnsignedInt(in.getShort());
      List<Member> members = new ArrayList<>();
      int last = -1;
      for (int i = 0; i < count; i++) {
        Member member = memberOf(in);
        last = after(last, member.id());
        members.add(member);
      }
      NodeSet.Builder removed = new NodeSet.Builder();
      int gone = Short.toUnsignedInt(in.getShort());
      last = -1;
      for (int i = 0; i < gone; i++) {
        last = after(last, new NodeId(Short.toUnsignedInt(in.getShort())));
        removed.add(last);
      }
      if (in.hasRemaining() || version < 0 || request < 0) {
        throw new IllegalArgumentException("a member list of a wrong length or version");
      }
      return new AgreedMembers(new MemberList(version, members, removed.build()), request);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a member list that is cut short", e);
    }
  }

  private static int after(int last, NodeId id) {
    if (id.value() <= last) {
      throw new IllegalArgumentException("a member list with " + id + " after n" + last);
    }
    return id.value();
  }

  /**
   * The list in a record of a registry: the record of a view ends with the list, u32 its length in
   * bytes, and u32 a checksum. So a command finds the list without knowing the rest of the record.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static AgreedMembers ofRecord(byte[] record) {
    int end = record.length - 2 * Integer.BYTES;
    int length = end < 0 ? -1 : ByteBuffer.wrap(record).getInt(end);
    if (length < HEAD || length > Math.min(end, MAX_BYTES)) {
      throw new IllegalArgumentException("a record without a member list");
    }
    return decode(ByteBuffer.wrap(record, end - length, length).slice());
  }

  static int bytesOf(Member member) {
    return MEMBER_HEAD + member.host().getBytes(StandardCharsets.UTF_8).length;
  }

  static void put(ByteBuffer out, Member member) {
    byte[] host = member.host().getBytes(StandardCharsets.UTF_8);
    if (host.length > MAX_HOST_BYTES) {
      throw refused(
          MemberErrors.BAD_MEMBER,
          "the host of " + member.id() + " is longer than " + MAX_HOST_BYTES + " bytes");
    }
    out.putShort((short) member.id().value()).putShort((short) member.port());
    out.putShort((short) member.weight()).put((byte) host.length).put(host);
  }

  static Member memberOf(ByteBuffer in) {
    NodeId id = new NodeId(Short.toUnsignedInt(in.getShort()));
    int port = Short.toUnsignedInt(in.getShort());
    int weight = Short.toUnsignedInt(in.getShort());
    byte[] host = new byte[Byte.toUnsignedInt(in.get())];
    in.get(host);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(host)).toString();
      return new Member(id, text, port, weight);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the host of " + id + " is no UTF-8", e);
    }
  }
}
