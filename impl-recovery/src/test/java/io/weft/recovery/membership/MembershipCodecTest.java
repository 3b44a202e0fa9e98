// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** The forms of records and messages. */
final class MembershipCodecTest {
  private static final ViewRecord RECORD =
      Records.of(
              7,
              1,
              List.of(
                  new ViewRecord.Entry(3, 1_700_000_000_003L, EntryState.OUT),
                  new ViewRecord.Entry(1, 1_700_000_000_001L, EntryState.MEMBER)))
          .with(Overrides.of(Map.of(65_535, 1, 7, 1)));

  private static final UUID STORAGE = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
  private static final ClusterSettings SETTINGS =
      new ClusterSettings(new TreeMap<>(Map.of("weft.a", "1")));

  private final ViewRecordCodec records = codec("world", SETTINGS, STORAGE);
  private final MembershipCodec messages = new MembershipCodec(records);

  private static ViewRecordCodec codec(String cluster, ClusterSettings settings, UUID identity) {
    StorageIdentity storage = new StorageIdentity();
    storage.establish(identity, "here", true);
    return new ViewRecordCodec(cluster, settings, storage);
  }

  /** The worked example of the README: whoever changes the format notices here. */
  @Test
  void theFormOfARecordIsFixed() {
    String hex = HexFormat.of().formatHex(records.encode(RECORD));
    assertEquals(
        "57465657"
            + "0005"
            + "0002"
            + "0000000000000007"
            + hex.substring(32, 40) // CRC-32C of "world"
            + "0001"
            + "0102030405060708090a0b0c0d0e0f10"
            + hex.substring(76, 92) // fingerprint of the settings
            + "000d"
            + "00000008"
            + "0001"
            + "0006776566742e61"
            + "000131"
            + "000100"
            + "0000018bcfe56801"
            + "000303"
            + "0000018bcfe56803"
            + "000100010007ffff"
            + "0000000000000000"
            + "0000000000000000"
            + "0002"
            + "000103e9006405686f737431"
            + "000303eb006405686f737433"
            + "0000"
            + "0000002c",
        hex.substring(0, hex.length() - 8));
  }

  @Test
  void recordsComeBackAsTheyWere() {
    assertEquals(RECORD, records.decode(records.encode(RECORD)));
    for (int nodes : new int[] {64, NodeId.MAX + 1}) {
      ViewRecord large = recordOf(nodes);
      assertEquals(large, records.decode(records.encode(large)));
    }
  }

  private static ViewRecord recordOf(int nodes) {
    List<ViewRecord.Entry> all = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      all.add(new ViewRecord.Entry(node, Long.MAX_VALUE - node, EntryState.values()[node % 5]));
    }
    return Records.of(Long.MAX_VALUE, nodes - 1, all);
  }

  @Test
  void aMessageFitsIntoItsPartOfAFrame() {
    byte[] message = messages.encode(new MembershipMessage.VoteRequest(1, 2, recordOf(38)));
    assertTrue(message.length <= Frame.MAX_HEADER_BYTES, message.length + " bytes");
    byte[] longest =
        messages.encode(new MembershipMessage.VoteRequest(1, 2, recordOf(NodeId.MAX + 1)));
    assertTrue(longest.length <= Frame.MAX_PAYLOAD_BYTES, longest.length + " bytes");
    ViewRecord moved = recordOf(64);
    int fit = ViewRecordCodec.MAX_OVERRIDES_IN_MESSAGE / 2 - 2;
    byte[] full = messages.encode(new MembershipMessage.VoteRequest(1, 2, moved.with(moved(fit))));
    assertTrue(full.length <= Frame.MAX_PAYLOAD_BYTES, full.length + " bytes");
    assertTrue(full.length > ViewRecordCodec.MAX_OVERRIDES_IN_MESSAGE, full.length + " bytes");
    byte[] over =
        messages.encode(new MembershipMessage.Announcement(1, moved.with(moved(fit + 1))));
    byte[] without = messages.encode(new MembershipMessage.VoteRequest(1, 2, moved));
    assertEquals(without.length - 4, over.length, "a vote request has a number more");
    ViewRecord most = recordOf(NodeId.MAX + 1).with(moved(fit));
    byte[] list = messages.encode(new MembershipMessage.Announcement(1, most));
    assertTrue(list.length <= Frame.MAX_PAYLOAD_BYTES, "the list goes before the overrides");
    MembershipMessage read = messages.decode(ByteBuffer.wrap(over));
    assertEquals(Optional.empty(), ((MembershipMessage.Announcement) read).record().overrides());
    byte[] status = messages.encode(statusWith(NodeSet.ofFirst(NodeId.MAX + 1)));
    assertTrue(status.length <= Frame.MAX_HEADER_BYTES, status.length + " bytes");
  }

  /** The first buckets, all moved to one node. */
  private static Overrides moved(int count) {
    Map<Integer, Integer> masters = new HashMap<>();
    for (int bucket = 0; bucket < count; bucket++) {
      masters.put(bucket, 1);
    }
    return Overrides.of(masters);
  }

  /** Settings as long as they may be, and all nodes and moved buckets that there can be. */
  @Test
  void theLongestRecordFitsIntoTheRegistry() {
    String value = "x".repeat(ClusterSettings.MAX_BYTES - 2 - 2 * 2 - "weft.a".length());
    ClusterSettings longest = new ClusterSettings(new TreeMap<>(Map.of("weft.a", value)));
    Map<Integer, Integer> masters = new HashMap<>();
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      masters.put(bucket, (bucket * 37 + 5) % (NodeId.MAX + 1));
    }
    ViewRecord full = recordOf(NodeId.MAX + 1).with(Overrides.of(masters));
    ViewRecordCodec codec = codec("world", longest, STORAGE);
    byte[] record = codec.encode(full);
    assertTrue(record.length <= ClusterRegistry.MAX_RECORD_BYTES, record.length + " bytes");
    assertEquals(full, codec.decode(record));
  }

  @Test
  void movedBucketsThatCannotBeAreRefused() {
    int list = RECORD.members().bytes() + 8; // its length and the checksum follow it
    int at = records.encodeShort(RECORD).length - list - 8; // u16 node, u16 count - 1, two buckets
    refused(moved(at, NodeId.MAX + 1), "node 1024");
    refused(moved(at + 2, 2), "cut short");
    refused(moved(at + 4, 65_535), "bucket 65535 twice");
    refused(moved(at + 2, 0), "node 65535");
    byte[] length = records.encodeShort(RECORD);
    ByteBuffer.wrap(length).putInt(48, Integer.MAX_VALUE);
    refused(length, "its length or its checksum is wrong");
    byte[] noRoom = records.encode(RECORD.with(Overrides.NONE));
    refused(sealed(ByteBuffer.wrap(noRoom).putInt(48, -1)), "its length or its checksum is wrong");
  }

  private byte[] moved(int at, int value) {
    return sealed(ByteBuffer.wrap(records.encodeShort(RECORD)).putShort(at, (short) value));
  }

  @Test
  void aRecordWithMoreEntriesThanThereAreNodesIsRefused() {
    byte[] record = records.encodeShort(recordOf(NodeId.MAX + 1));
    int at = record.length - 8 - recordOf(NodeId.MAX + 1).members().bytes();
    ByteBuffer longer = ByteBuffer.allocate(record.length + 11);
    longer.put(record, 0, at).put(new byte[11]).put(record, at, record.length - at); // one more
    longer.putShort(6, (short) (NodeId.MAX + 2));
    refused(sealed(longer), "has " + (NodeId.MAX + 2) + " entries");
  }

  @Test
  void aRecordOfANodeThatNoClusterCanHaveIsRefused() {
    ByteBuffer proposer = ByteBuffer.wrap(records.encodeShort(RECORD));
    refused(sealed(proposer.putShort(20, (short) (NodeId.MAX + 1))), "was proposed by node");
    ByteBuffer node = ByteBuffer.wrap(records.encodeShort(RECORD));
    refused(sealed(node.putShort(52, (short) -1)), "names node 65535");
  }

  /** With a right checksum. */
  private static byte[] sealed(ByteBuffer record) {
    CRC32C crc = new CRC32C();
    crc.update(record.slice(0, record.capacity() - 4));
    return record.putInt(record.capacity() - 4, (int) crc.getValue()).array();
  }

  private void refused(byte[] record, String why) {
    String message = assertThrows(WeftException.class, () -> records.decode(record)).getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void aRecordOfAnEarlierFormatIsRefused() {
    byte[] earlier = records.encode(RECORD);
    earlier[5] = 2;
    String message = assertThrows(WeftException.class, () -> records.decode(earlier)).getMessage();
    assertTrue(message.contains("has format 2; this version knows format 5"), message);
  }

  @Test
  void everyDamageOfARecordIsSeen() {
    byte[] good = records.encode(RECORD);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      refused(bad);
    }
    for (int length = 0; length < good.length; length++) {
      refused(Arrays.copyOf(good, length));
    }
    refused(codec("elsewhere", SETTINGS, STORAGE).encode(RECORD));
  }

  @Test
  void aRecordOfOtherTermsSaysWhatTheyAre() {
    ClusterSettings others = new ClusterSettings(new TreeMap<>(Map.of("weft.a", "2")));
    ViewRecordCodec elsewhere = codec("world", others, StorageIdentity.NONE);
    ViewRecord read = records.decode(elsewhere.encode(RECORD));
    ViewRecord.Terms terms = read.foreign().orElseThrow();
    assertEquals(RECORD.entries(), read.entries());
    assertEquals(Optional.of(others), terms.settings());
    assertEquals(StorageIdentity.NONE, terms.storage());
    assertEquals(read, records.decode(records.encode(read)), "terms are kept when passed on");
    ViewRecord said = records.decode(elsewhere.encodeShort(RECORD));
    assertEquals(Optional.empty(), said.foreign().orElseThrow().settings());
    assertEquals(RECORD, records.decode(records.encodeShort(RECORD)));
  }

  @Test
  void aRecordOfALaterVersionIsWellAndNotToBeRestored() {
    byte[] later = records.encode(RECORD);
    later[5]++; // the format
    String message = assertThrows(WeftException.class, () -> records.decode(later)).getMessage();
    assertTrue(message.contains("was written by a later version of Weft"), message);
    assertTrue(message.contains("run that version"), message);
    assertTrue(!message.contains("copy"), message);
  }

  private void refused(byte[] bytes) {
    var error = assertThrows(WeftException.class, () -> records.decode(bytes));
    assertEquals(MembershipErrors.BAD_REGISTRY, error.code());
  }

  private static MembershipMessage.Status statusWith(NodeSet suspects) {
    return new MembershipMessage.Status(
        1,
        2,
        MembershipLease.NEVER,
        3,
        MembershipPhase.LEAVING,
        true,
        new MembershipMessage.Progress(4, 5, 6, 7, 8),
        suspects);
  }

  @Test
  void aStatusWithAWrongSetOfNodesIsRefused() {
    byte[] good = messages.encode(statusWith(NodeSet.NONE));
    byte[] longer = Arrays.copyOf(good, good.length + 8 * (NodeSet.MAX_WORDS + 1));
    assertThrows(WeftException.class, () -> messages.decode(ByteBuffer.wrap(longer)));
    longer[good.length - 1] = NodeSet.MAX_WORDS + 1;
    longer[longer.length - 1] = 1;
    String message =
        assertThrows(WeftException.class, () -> messages.decode(ByteBuffer.wrap(longer)))
            .getMessage();
    assertTrue(message.contains("a wrong set of nodes"), message);
  }

  @Test
  void messagesComeBackAsTheyWere() {
    for (MembershipMessage message :
        List.of(
            statusWith(NodeSet.NONE),
            statusWith(NodeSet.of(0, 63)),
            statusWith(NodeSet.of(0, 63, 64, 127, 1_023)),
            new MembershipMessage.VoteRequest(1, 2, RECORD),
            new MembershipMessage.Vote(1, 2, 3, true),
            new MembershipMessage.Announcement(9, RECORD))) {
      byte[] bytes = messages.encode(message);
      assertEquals(message, messages.decode(ByteBuffer.wrap(bytes)));
      for (int length = 0; length < bytes.length; length++) {
        ByteBuffer part = ByteBuffer.wrap(bytes, 0, length);
        assertThrows(WeftException.class, () -> messages.decode(part));
      }
    }
    assertThrows(WeftException.class, () -> messages.decode(ByteBuffer.allocate(100)));
  }
}
