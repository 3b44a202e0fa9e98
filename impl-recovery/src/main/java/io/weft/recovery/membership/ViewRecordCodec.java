// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.CoreErrors;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The form of a {@link ViewRecord} in the registry and in messages. Format 5, big-endian:
 *
 * <pre>
 *   0  u32  magic "WFVW"
 *   4  u16  format = 5
 *   6  u16  number of entries n, 1 to 1,024
 *   8  u64  epoch
 *  16  u32  CRC-32C of the cluster's name in UTF-8
 *  20  u16  proposer
 *  22  16 B identity of the storage
 *  38  u64  fingerprint of the settings that all nodes have alike
 *  46  u16  bytes of these settings s, 0 in a message
 *  48  u32  bytes of the overrides o; 2^32 - 1 in a message that has no room for them
 *  52       the settings ({@link ClusterSettings#encode})
 *      n entries of 11 bytes: u16 node, u8 state (ordinal), u64 incarnation
 *           the overrides ({@link OverridesCodec})
 *           the list of members ({@link AgreedMembers})
 *      u32  bytes of this list m
 *      u32  CRC-32C over all before
 * </pre>
 */
final class ViewRecordCodec {
  static final int FORMAT = 5;

  /** Most bytes of overrides in a message; its receivers find longer ones in the registry. */
  static final int MAX_OVERRIDES_IN_MESSAGE = 48 << 10;

  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'V' << 8 | 'W';
  private static final int HEAD = 52;
  private static final int SETTINGS_AT = 46;
  private static final int OVERRIDES_AT = 48;
  private static final int NO_ROOM = -1;
  private static final int ENTRY = 11;
  private static final int TAIL = 8;
  private static final int CHECKSUM = 4;

  /** Most bytes of a record in a message, which is the payload then. */
  private static final int MAX_MESSAGE = 62 << 10;

  private static final int MAX_U16 = 0xFFFF;
  private static final byte[] NOTHING = {};

  private final String clusterName;
  private final int clusterHash;
  private final ClusterSettings settings;
  private final long fingerprint;
  private final StorageIdentity storage;

  /**
   * For a node.
   *
   * @param settings those that all nodes must have alike
   * @param storage its storage, which may be established later
   */
  ViewRecordCodec(String clusterName, ClusterSettings settings, StorageIdentity storage) {
    this.clusterName = clusterName;
    this.clusterHash = crc(ByteBuffer.wrap(clusterName.getBytes(StandardCharsets.UTF_8)));
    this.settings = settings.withoutMembers();
    this.fingerprint = this.settings.fingerprint();
    this.storage = storage;
  }

  /** For the registry: with the settings themselves. */
  byte[] encode(ViewRecord record) {
    ViewRecord.Terms terms = record.foreign().orElseGet(this::own);
    byte[] text = terms.settings().map(ClusterSettings::encode).orElse(NOTHING);
    return encode(record, terms, text, record.overrides().map(OverridesCodec::encode));
  }

  /**
   * For a message: without the settings, which its receiver has, or finds in the registry; and
   * without overrides that are too long for it.
   */
  byte[] encodeShort(ViewRecord record) {
    return encode(
        record,
        record.foreign().orElseGet(this::own),
        NOTHING,
        record
            .overrides()
            .map(OverridesCodec::encode)
            .filter(moved -> moved.length <= roomForOverrides(record)));
  }

  /** The list of members goes before, since it is voted on. */
  private static int roomForOverrides(ViewRecord record) {
    int others = HEAD + record.entries().size() * ENTRY + record.members().bytes() + TAIL;
    return Math.min(MAX_OVERRIDES_IN_MESSAGE, MAX_MESSAGE - others);
  }

  private ViewRecord.Terms own() {
    return new ViewRecord.Terms(storage.id(), fingerprint, Optional.of(settings));
  }

  private byte[] encode(
      ViewRecord record, ViewRecord.Terms terms, byte[] text, Optional<byte[]> overrides) {
    int entries = checked("number of entries", record.entries().size(), 1, NodeId.MAX + 1);
    checked("proposer", record.proposer(), 0, NodeId.MAX);
    record.entries().forEach(entry -> checked("node", entry.node(), 0, NodeId.MAX));
    checked("length of the settings", text.length, 0, MAX_U16);
    byte[] moved = overrides.orElse(NOTHING);
    byte[] list = record.members().encode();
    checked("length of the member list", list.length, 1, AgreedMembers.MAX_BYTES);
    ByteBuffer out =
        ByteBuffer.allocate(
            HEAD + text.length + entries * ENTRY + moved.length + list.length + TAIL);
    out.putInt(MAGIC).putShort((short) FORMAT).putShort((short) entries);
    out.putLong(record.epoch()).putInt(clusterHash).putShort((short) record.proposer());
    out.putLong(terms.storage().getMostSignificantBits());
    out.putLong(terms.storage().getLeastSignificantBits());
    out.putLong(terms.fingerprint()).putShort((short) text.length);
    out.putInt(overrides.isPresent() ? moved.length : NO_ROOM).put(text);
    for (ViewRecord.Entry entry : record.entries()) {
      out.putShort((short) entry.node()).put((byte) entry.state().ordinal());
      out.putLong(entry.incarnation());
    }
    out.put(moved).put(list).putInt(list.length);
    out.putInt(crc(out.duplicate().flip()));
    return out.array();
  }

  private static int checked(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          "the " + field + " of a view record is " + value + ", outside " + least + " to " + most);
    }
    return value;
  }

  /**
   * Decodes a record.
   *
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if it is damaged or foreign
   */
  ViewRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < 6 || in.getInt() != MAGIC) {
      throw bad("is no view record");
    }
    int format = Short.toUnsignedInt(in.getShort());
    if (format > FORMAT) {
      throw new WeftException(
          MembershipErrors.BAD_REGISTRY,
          "the newest record of the registry was written by a later version of Weft: it has format "
              + format
              + ", this version knows up to "
              + FORMAT
              + "; it is intact: run that version on this node, too");
    }
    if (format != FORMAT) {
      throw bad("has format " + format + "; this version knows format " + FORMAT);
    }
    if (bytes.length < HEAD + ENTRY + TAIL) {
      throw bad("is damaged: it is cut short");
    }
    int entries = Short.toUnsignedInt(in.getShort());
    int text = Short.toUnsignedInt(in.getShort(SETTINGS_AT));
    int moved = in.getInt(OVERRIDES_AT);
    long movedBytes = moved == NO_ROOM && text == 0 ? 0 : Integer.toUnsignedLong(moved);
    long listBytes = Integer.toUnsignedLong(in.getInt(bytes.length - TAIL));
    if (bytes.length != HEAD + text + entries * ENTRY + movedBytes + listBytes + TAIL
        || crc(ByteBuffer.wrap(bytes, 0, bytes.length - CHECKSUM))
            != ByteBuffer.wrap(bytes).getInt(bytes.length - CHECKSUM)) {
      throw bad("is damaged: its length or its checksum is wrong");
    }
    if (entries < 1 || entries > NodeId.MAX + 1) {
      throw bad("has " + entries + " entries");
    }
    long epoch = in.getLong();
    if (in.getInt() != clusterHash) {
      throw bad("belongs to another cluster than \"" + clusterName + "\"");
    }
    int proposer = Short.toUnsignedInt(in.getShort());
    if (proposer > NodeId.MAX) {
      throw bad("was proposed by node " + proposer);
    }
    Optional<ViewRecord.Terms> foreign = terms(in).filter(this::isForeign);
    List<ViewRecord.Entry> nodes = entries(in, entries);
    Optional<Overrides> overrides =
        moved == NO_ROOM
            ? Optional.empty()
            : Optional.of(overrides(in.slice(in.position(), (int) movedBytes)));
    return new ViewRecord(epoch, proposer, nodes, members(bytes), overrides, foreign);
  }

  private boolean isForeign(ViewRecord.Terms terms) {
    return terms.fingerprint() != fingerprint || !terms.storage().equals(storage.id());
  }

  private static Optional<ViewRecord.Terms> terms(ByteBuffer in) {
    UUID storage = new UUID(in.getLong(), in.getLong());
    long fingerprint = in.getLong();
    byte[] text = new byte[Short.toUnsignedInt(in.getShort())];
    in.getInt(); // the bytes of the overrides
    in.get(text);
    try {
      return Optional.of(
          new ViewRecord.Terms(
              storage,
              fingerprint,
              text.length == 0 ? Optional.empty() : Optional.of(ClusterSettings.decode(text))));
    } catch (IllegalArgumentException e) {
      throw bad("has settings that cannot be read: " + e.getMessage());
    }
  }

  private static AgreedMembers members(byte[] record) {
    try {
      return AgreedMembers.ofRecord(record);
    } catch (IllegalArgumentException e) {
      throw bad("has a member list that cannot be read: " + e.getMessage());
    }
  }

  private static Overrides overrides(ByteBuffer in) {
    if (in.remaining() > OverridesCodec.MAX_BYTES) {
      throw bad("has " + in.remaining() + " bytes of moved buckets");
    }
    try {
      return OverridesCodec.decode(in);
    } catch (IllegalArgumentException e) {
      throw bad("has moved buckets that cannot be read: " + e.getMessage());
    }
  }

  private static List<ViewRecord.Entry> entries(ByteBuffer in, int count) {
    List<ViewRecord.Entry> entries = new ArrayList<>(count);
    int last = -1;
    for (int i = 0; i < count; i++) {
      ViewRecord.Entry entry = entry(in);
      if (entry.node() <= last) {
        throw bad("names node " + entry.node() + " after node " + last);
      }
      last = entry.node();
      entries.add(entry);
    }
    return entries;
  }

  private static ViewRecord.Entry entry(ByteBuffer in) {
    int node = Short.toUnsignedInt(in.getShort());
    int state = in.get();
    if (node > NodeId.MAX || state < 0 || state >= EntryState.values().length) {
      throw bad("names node " + node + " with state " + state);
    }
    return new ViewRecord.Entry(node, in.getLong(), EntryState.values()[state]);
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static WeftException bad(String what) {
    return new WeftException(
        MembershipErrors.BAD_REGISTRY,
        "the newest record of the registry "
            + what
            + "; let weft.registry name the registry of this cluster, or restore it from a copy");
  }
}
