// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.MoveReason;
import io.weft.api.WeftException;
import io.weft.cachefusion.protocol.AccessTable.Usage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every message survives its encoding, and damage is reported as such. */
final class MasteryCodecTest {
  private static final long EPOCH = 0xFFFFFFF0L;

  private static final Usage USAGE =
      new Usage(65_535, 7, 9, 0, new int[] {1_023, 0, 3, 4, 5, 6}, new int[] {1, 2, 3, 4, 5, 6});

  static final List<MasteryMessage> PLAIN =
      List.of(
          new MasteryMessage.Load(Long.MAX_VALUE, -5),
          new MasteryMessage.LoadSeen(-5),
          new MasteryMessage.Remaster(1, 65_535, 1_023),
          new MasteryMessage.Describe(2, 65_535),
          new MasteryMessage.Pin(3, 65_535, true),
          new MasteryMessage.Pin(3, 0, false),
          new MasteryMessage.Rebalance(4),
          new MasteryMessage.Done(5, 77),
          new MasteryMessage.Refused(6, 8_502, "because"));

  private static MasteryMessage again(MasteryMessage message) {
    byte[] bytes = MasteryCodec.encode(EPOCH, message);
    MasteryCodec.Sent sent = MasteryCodec.decode(ByteBuffer.wrap(bytes));
    assertEquals(EPOCH, sent.epoch());
    assertArrayEquals(bytes, MasteryCodec.encode(EPOCH, sent.message()));
    return sent.message();
  }

  @Test
  void messagesSurvive() {
    PLAIN.forEach(message -> assertEquals(message, again(message)));
    again(new MasteryMessage.Note(MoveReason.LOAD_BALANCE, USAGE));
    again(new MasteryMessage.Pins(new long[1_024]));
    again(
        new MasteryMessage.Described(9, USAGE, 3, 7, 2, Optional.of(MoveReason.MANUAL), 1L << 40));
    again(new MasteryMessage.Described(9, USAGE, 3, 7, 2, Optional.empty(), 0));
  }

  @Test
  void aLongReasonIsCut() {
    String why = "x".repeat(MasteryCodec.MAX_TEXT + 1);
    MasteryMessage cut =
        MasteryCodec.decode(
                ByteBuffer.wrap(MasteryCodec.encode(EPOCH, new MasteryMessage.Refused(1, 0, why))))
            .message();
    assertEquals(new MasteryMessage.Refused(1, 0, why.substring(1)), cut);
  }

  @Test
  void damageIsReported() {
    byte[] whole = MasteryCodec.encode(EPOCH, new MasteryMessage.Note(MoveReason.MANUAL, USAGE));
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertBad(part);
    }
    byte[] otherVersion = whole.clone();
    otherVersion[0]++;
    assertBad(otherVersion);
    byte[] otherType = whole.clone();
    otherType[1] = 99;
    assertBad(otherType);
  }

  private static void assertBad(byte[] bytes) {
    assertEquals(
        "BAD_MESSAGE",
        assertThrows(WeftException.class, () -> MasteryCodec.decode(ByteBuffer.wrap(bytes)))
            .code()
            .name());
  }
}
