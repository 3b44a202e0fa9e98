// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The forms of records and messages. */
final class MembershipCodecTest {
  private static final ViewRecord RECORD =
      new ViewRecord(
          7,
          1,
          List.of(
              new ViewRecord.Entry(3, 1_700_000_000_003L, EntryState.OUT),
              new ViewRecord.Entry(1, 1_700_000_000_001L, EntryState.MEMBER)));

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
            + "0002"
            + "0002"
            + "0000000000000007"
            + hex.substring(32, 40) // CRC-32C of "world"
            + "01"
            + "0102030405060708090a0b0c0d0e0f10"
            + hex.substring(74, 90) // fingerprint of the settings
            + "000d"
            + "0001"
            + "0006776566742e61"
            + "000131"
            + "0100"
            + "0000018bcfe56801"
            + "0303"
            + "0000018bcfe56803",
        hex.substring(0, hex.length() - 8));
  }

  @Test
  void recordsComeBackAsTheyWere() {
    assertEquals(RECORD, records.decode(records.encode(RECORD)));
    List<ViewRecord.Entry> all = new ArrayList<>();
    for (int node = 0; node < 64; node++) {
      all.add(new ViewRecord.Entry(node, Long.MAX_VALUE - node, EntryState.values()[node % 5]));
    }
    ViewRecord largest = new ViewRecord(Long.MAX_VALUE, 63, all);
    assertEquals(largest, records.decode(records.encode(largest)));
    byte[] message = messages.encode(new MembershipMessage.VoteRequest(1, 2, largest));
    assertTrue(message.length <= 1024, "a header has at most 1,024 bytes");
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

  @Test
  void messagesComeBackAsTheyWere() {
    for (MembershipMessage message :
        List.of(
            new MembershipMessage.Status(
                1,
                2,
                MembershipLease.NEVER,
                3,
                MembershipPhase.LEAVING,
                true,
                new MembershipMessage.Progress(4, 5, 6, 7, 8),
                0x8000_0000_0000_0001L),
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
