// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The form of a {@link ViewRecord} in the registry and in messages. Format 1, big-endian:
 *
 * <pre>
 *   0  u32  magic "WFVW"
 *   4  u16  format = 1
 *   6  u16  number of entries n, 1 to 64
 *   8  u64  epoch
 *  16  u32  CRC-32C of the cluster's name in UTF-8
 *  20  u8   proposer
 *  21       n entries of 10 bytes: u8 node, u8 standing (ordinal), u64 incarnation
 *      u32  CRC-32C over all before
 * </pre>
 */
final class ViewRecordCodec {
  static final int FORMAT = 1;

  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'V' << 8 | 'W';
  private static final int HEAD = 21;
  private static final int ENTRY = 10;
  private static final int CHECKSUM = 4;

  private final String clusterName;
  private final int clusterHash;

  ViewRecordCodec(String clusterName) {
    this.clusterName = clusterName;
    this.clusterHash = crc(ByteBuffer.wrap(clusterName.getBytes(StandardCharsets.UTF_8)));
  }

  byte[] encode(ViewRecord record) {
    int entries = record.entries().size();
    ByteBuffer out = ByteBuffer.allocate(HEAD + entries * ENTRY + CHECKSUM);
    out.putInt(MAGIC).putShort((short) FORMAT).putShort((short) entries);
    out.putLong(record.epoch()).putInt(clusterHash).put((byte) record.proposer());
    for (ViewRecord.Entry entry : record.entries()) {
      out.put((byte) entry.node()).put((byte) entry.standing().ordinal());
      out.putLong(entry.incarnation());
    }
    out.putInt(crc(out.duplicate().flip()));
    return out.array();
  }

  /**
   * Decodes a record.
   *
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if it is damaged or foreign
   */
  ViewRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEAD + ENTRY + CHECKSUM || in.getInt() != MAGIC) {
      throw bad("is no view record");
    }
    int format = in.getShort();
    if (format != FORMAT) {
      throw bad("has format " + format + "; this version knows format " + FORMAT);
    }
    int entries = in.getShort();
    if (bytes.length != HEAD + entries * ENTRY + CHECKSUM
        || crc(ByteBuffer.wrap(bytes, 0, bytes.length - CHECKSUM))
            != ByteBuffer.wrap(bytes).getInt(bytes.length - CHECKSUM)) {
      throw bad("is damaged: its length or its checksum is wrong");
    }
    long epoch = in.getLong();
    if (in.getInt() != clusterHash) {
      throw bad("belongs to another cluster than \"" + clusterName + "\"");
    }
    int proposer = in.get();
    List<ViewRecord.Entry> nodes = new ArrayList<>(entries);
    for (int i = 0; i < entries; i++) {
      nodes.add(entry(in));
    }
    return new ViewRecord(epoch, proposer, nodes);
  }

  private static ViewRecord.Entry entry(ByteBuffer in) {
    int node = in.get();
    int standing = in.get();
    if (node < 0 || node > NodeId.MAX || standing < 0 || standing >= Standing.values().length) {
      throw bad("names node " + node + " with standing " + standing);
    }
    return new ViewRecord.Entry(node, in.getLong(), Standing.values()[standing]);
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
