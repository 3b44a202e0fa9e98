// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class RingTest {
  private static final int KIND = Ring.FRAME | Ring.WHOLE;

  private final Ring.Direction direction =
      new Ring.Direction(
          Arena.ofAuto().allocate(Ring.CONTROL_BYTES, 64),
          Arena.ofAuto().allocate(Ring.MIN_BYTES, 64));
  private final RingWriter writer = new RingWriter(direction);
  private final RingReader reader = new RingReader(direction);

  private boolean write(int body, int fill) {
    int at = writer.claim(body);
    if (at < 0) {
      return false;
    }
    writer.memory().asSlice(at, body).fill((byte) fill);
    writer.publish(KIND);
    return true;
  }

  private void read(int body, int fill) {
    assertTrue(reader.next());
    assertEquals(KIND, reader.kind());
    assertEquals(body, reader.bodyBytes());
    MemorySegment read = reader.memory().asSlice(reader.bodyAt(), body);
    for (int i = 0; i < body; i++) {
      assertEquals((byte) fill, read.get(ValueLayout.JAVA_BYTE, i));
    }
    reader.consume();
  }

  @Test
  void recordsComeInOrderAsTheyWere() {
    assertFalse(reader.next());
    assertFalse(reader.hasNext());
    for (int body : new int[] {0, 1, 7, 8, 9, 4_096, writer.maxBody()}) {
      if (body > 0) {
        assertTrue(write(body, body));
        assertTrue(reader.hasNext());
        read(body, body);
        assertFalse(reader.next());
      }
    }
  }

  @Test
  void whatIsNotPublishedIsNotSeen() {
    int at = writer.claim(100);
    writer.memory().asSlice(at, 100).fill((byte) 9);
    assertFalse(reader.next());
    writer.publish(KIND);
    read(100, 9);
  }

  @Test
  void fullRingTakesNothingUntilRoomIsGivenBack() {
    int written = 0;
    while (write(1_000, written)) {
      written++;
    }
    assertEquals(Ring.MIN_BYTES / Ring.recordBytes(1_000), written);
    writer.askForRoom();
    read(1_000, 0);
    assertTrue(reader.giveRoom(), "the producer waits");
    assertTrue(write(1_000, written));
    for (int i = 1; i <= written; i++) {
      read(1_000, i);
    }
    assertFalse(reader.giveRoom(), "nobody waits");
    assertFalse(reader.next());
  }

  @Test
  void longestRecordFindsItsPlaceInAnEmptyRingWhereverItIs() {
    for (int before = 1; before < 60; before++) {
      assertTrue(write(before * 31, before));
      read(before * 31, before);
      reader.giveRoom();
      assertTrue(write(writer.maxBody(), 77));
      read(writer.maxBody(), 77);
      reader.giveRoom();
    }
  }

  @Test
  void consumedMemoryIsZero() {
    for (int i = 0; i < 500; i++) {
      assertTrue(write(1_013, 255));
      read(1_013, 255);
      reader.giveRoom();
    }
    assertEquals(-1, direction.data().mismatch(Arena.ofAuto().allocate(Ring.MIN_BYTES)));
  }

  @Test
  void impossibleRecordsAreRefused() {
    for (int length : new int[] {Integer.MAX_VALUE, Ring.maxBody(Ring.MIN_BYTES) + 1, -8}) {
      direction.data().set(ValueLayout.JAVA_INT, 0, length);
      WeftException e = assertThrows(WeftException.class, reader::next);
      assertEquals(TransportErrors.CORRUPT_FRAME, e.code());
    }
  }

  @Test
  void twoThreadsExchangeRecords() throws Exception {
    int count = 200_000;
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread producer =
        Thread.ofPlatform()
            .start(
                () -> {
                  Random sizes = new Random(11);
                  for (int i = 0; i < count; i++) {
                    int body = 8 + sizes.nextInt(200);
                    int at = writer.claim(body);
                    while (at < 0) {
                      Thread.onSpinWait();
                      at = writer.claim(body);
                    }
                    writer.bytes().putInt(at, i);
                    writer.bytes().putInt(at + body - 4, i);
                    writer.publish(KIND);
                  }
                });
    producer.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
    Random sizes = new Random(11);
    for (int i = 0; i < count; i++) {
      while (!reader.next()) {
        reader.giveRoom();
        Thread.onSpinWait();
      }
      int body = 8 + sizes.nextInt(200);
      assertEquals(body, reader.bodyBytes());
      assertEquals(i, reader.bytes().getInt(reader.bodyAt()));
      assertEquals(i, reader.bytes().getInt(reader.bodyAt() + body - 4));
      reader.consume();
    }
    producer.join();
    assertEquals(null, thrown.get());
  }

  @Test
  void fragmentsAreOneMessageAndOthersAreReadInPlace() {
    MessageReader messages = new MessageReader(reader);
    byte[] long1 = new byte[60_000];
    new Random(3).nextBytes(long1);
    send(long1, 20_000);
    send(new byte[] {1, 2, 3}, 20_000);
    assertTrue(messages.next());
    assertMessage(long1, messages);
    messages.done();
    assertTrue(messages.next());
    assertMessage(new byte[] {1, 2, 3}, messages);
    messages.done();
    assertFalse(messages.next());
  }

  private void send(byte[] message, int most) {
    for (int from = 0; from < message.length; from += most) {
      int length = Math.min(most, message.length - from);
      int at = writer.claim(length);
      writer.bytes().put(at, message, from, length);
      int first = from == 0 ? Ring.FIRST : 0;
      writer.publish(Ring.FRAME | first | (from + length == message.length ? Ring.LAST : 0));
    }
  }

  private static void assertMessage(byte[] expected, MessageReader messages) {
    assertTrue(messages.isFrame());
    assertEquals(expected.length, messages.length());
    byte[] got = new byte[expected.length];
    messages.bytes().get(messages.at(), got);
    assertEquals(-1, MemorySegment.ofArray(expected).mismatch(MemorySegment.ofArray(got)));
    assertEquals(
        -1,
        MemorySegment.ofArray(expected)
            .mismatch(messages.memory().asSlice(messages.at(), expected.length)));
  }

  @Test
  void fragmentsThatDoNotBelongTogetherAreRefused() {
    assertTrue(write(10, 1));
    read(10, 1);
    int at = writer.claim(10);
    assertTrue(at >= 0);
    writer.publish(Ring.FRAME | Ring.LAST);
    MessageReader messages = new MessageReader(reader);
    WeftException e = assertThrows(WeftException.class, messages::next);
    assertEquals(TransportErrors.CORRUPT_FRAME, e.code());
  }
}
