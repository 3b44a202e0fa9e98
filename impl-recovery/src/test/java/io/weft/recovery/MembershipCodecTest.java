// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The forms of records and messages. */
final class MembershipCodecTest {
  private static final ViewRecord RECORD =
      new ViewRecord(
          7,
          1,
          List.of(
              new ViewRecord.Entry(3, 1_700_000_000_003L, Standing.OUT),
              new ViewRecord.Entry(1, 1_700_000_000_001L, Standing.MEMBER)));

  private final ViewRecordCodec records = new ViewRecordCodec("world");
  private final MembershipCodec messages = new MembershipCodec(records);

  /** The worked example of the README: whoever changes the format notices here. */
  @Test
  void theFormOfARecordIsFixed() {
    String hex = HexFormat.of().formatHex(records.encode(RECORD));
    assertEquals(
        "57465657"
            + "0001"
            + "0002"
            + "0000000000000007"
            + hex.substring(32, 40) // CRC-32C of "world"
            + "01"
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
      all.add(new ViewRecord.Entry(node, Long.MAX_VALUE - node, Standing.values()[node % 5]));
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
    refused(new ViewRecordCodec("elsewhere").encode(RECORD));
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
                1, 2, Lease.NEVER, Stance.LEAVING, true, 4, 5, 6, 7, 8, 0x8000_0000_0000_0001L),
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
