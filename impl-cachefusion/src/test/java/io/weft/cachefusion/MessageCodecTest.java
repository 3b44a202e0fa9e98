// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class MessageCodecTest {
  private static final BlockId BLOCK = new BlockId(-7, Long.MAX_VALUE - 3);

  private static final List<CacheFusionMessage> MESSAGES =
      List.of(
          new CacheFusionMessage.Request(BLOCK, Access.SHARED, true, 4711),
          new CacheFusionMessage.Request(BLOCK, Access.EXCLUSIVE, false, 0),
          new CacheFusionMessage.Forward(BLOCK, 9, Access.EXCLUSIVE, 63, 12, -1L),
          new CacheFusionMessage.Invalidate(BLOCK, 10, 62),
          new CacheFusionMessage.Grant(BLOCK, 11, true, 0),
          new CacheFusionMessage.Grant(BLOCK, 11, false, 5),
          new CacheFusionMessage.Data(BLOCK, 12, 1L << 40, true, 3, 99),
          new CacheFusionMessage.Ack(BLOCK, 13),
          new CacheFusionMessage.Done(BLOCK, 14, true),
          new CacheFusionMessage.Refused(BLOCK),
          new CacheFusionMessage.MasterLeaving(BLOCK),
          new CacheFusionMessage.Release(BLOCK),
          new CacheFusionMessage.ReleaseAccepted(BLOCK),
          new CacheFusionMessage.ReleaseRefused(BLOCK),
          new CacheFusionMessage.Written(BLOCK, 77),
          new CacheFusionMessage.WriteRequest(BLOCK, 78, true, 5),
          new CacheFusionMessage.WriteRequest(BLOCK, 78, false, 0));

  @Test
  void decodesWhatItEncodes() {
    for (CacheFusionMessage message : MESSAGES) {
      assertEquals(message, MessageCodec.decode(ByteBuffer.wrap(MessageCodec.encode(message))));
    }
  }

  @Test
  void everyKindOfMessageIsTried() {
    assertEquals(
        records(CacheFusionMessage.class).count(),
        MESSAGES.stream().map(Object::getClass).distinct().count());
  }

  private static Stream<Class<?>> records(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses())
        .flatMap(type -> type.isRecord() ? Stream.of(type) : records(type));
  }

  @Test
  void refusesMessagesThatAreCutShortOrTooLong() {
    for (CacheFusionMessage message : MESSAGES) {
      byte[] whole = MessageCodec.encode(message);
      for (int length = 0; length < whole.length; length++) {
        ByteBuffer part = ByteBuffer.wrap(whole, 0, length);
        assertThrows(WeftException.class, () -> MessageCodec.decode(part));
      }
      ByteBuffer longer = ByteBuffer.wrap(Arrays.copyOf(whole, whole.length + 1));
      assertThrows(WeftException.class, () -> MessageCodec.decode(longer));
    }
  }

  @Test
  void refusesGarbageWithNothingButItsOwnError() {
    SplittableRandom random = new SplittableRandom(1);
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      try {
        CacheFusionMessage message = MessageCodec.decode(ByteBuffer.wrap(bytes));
        assertEquals(message, MessageCodec.decode(ByteBuffer.wrap(MessageCodec.encode(message))));
      } catch (WeftException e) {
        assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
        refused++;
      }
    }
    assertEquals(true, refused > 90_000, "refused only " + refused);
  }
}
