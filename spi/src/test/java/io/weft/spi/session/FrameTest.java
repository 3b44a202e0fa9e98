// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.transport.Lane;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FrameTest {
  private static final int AT = 13;
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1_000);

  private int encodeMessage() {
    CountedPayload payload = new CountedPayload(100);
    payload.segment().fill((byte) 5);
    byte[] header = {1, 2, 3};
    OutboundSession session = new OutboundSession();
    session.offer(OutboundMessage.of(200, Lane.FORWARD, 9, header, payload));
    int bytes = Frame.encode(buffer, AT, session.next(), 77, 123_456_789_012L);
    Frame.writeChecksum(crc, buffer, AT, bytes, payload.segment().asByteBuffer());
    buffer.clear().put(AT + bytes, payload.segment().asByteBuffer(), 0, 100);
    return bytes + 100;
  }

  static Stream<Arguments> misfits() {
    byte[] header = new byte[Frame.MAX_HEADER_BYTES];
    return Stream.of(
        Arguments.of("service", 0, 0, 0),
        Arguments.of("service", 256, 0, 0),
        Arguments.of("header", 1, header.length + 1, 0),
        Arguments.of("payload", 1, 0, Frame.MAX_PAYLOAD_BYTES + 1));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void whatDoesNotFitItsFieldIsRefusedByName(String field, int service, int header, int payload) {
    byte[] bytes = new byte[header];
    CountedPayload image = new CountedPayload(payload);
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> OutboundMessage.of(service, Lane.FORWARD, 9, bytes, image));
    assertTrue(e.getMessage().startsWith(field), e::getMessage);
  }

  @Test
  void readsBackWhatWasWritten() {
    int length = encodeMessage();
    assertTrue(Frame.hasMagic(buffer, AT));
    assertTrue(Frame.isLengthLegal(buffer, AT));
    assertEquals(length, Frame.length(buffer, AT));
    assertTrue(Frame.isIntact(crc, buffer, AT, length));
    buffer.clear();
    assertEquals(Optional.of(FrameType.MESSAGE), FrameType.of(Frame.typeCode(buffer, AT)));
    assertEquals(Lane.FORWARD.ordinal(), Frame.lane(buffer, AT));
    assertEquals(200, Frame.service(buffer, AT));
    assertEquals(1, Frame.sequence(buffer, AT));
    assertEquals(77, Frame.acknowledged(buffer, AT));
    assertEquals(9, Frame.epoch(buffer, AT));
    assertEquals(123_456_789_012L, Frame.scn(buffer, AT));
    assertEquals(3, Frame.headerBytes(buffer, AT));
    assertEquals(100, Frame.payloadBytes(buffer, AT));
    assertEquals(2, buffer.get(AT + Frame.PREFIX_BYTES + 1));
  }

  @Test
  void noticesEveryFlippedBit() {
    int length = encodeMessage();
    for (int bit = 0; bit < length * 8; bit++) {
      int at = AT + bit / 8;
      buffer.put(at, (byte) (buffer.get(at) ^ (1 << (bit % 8))));
      assertFalse(Frame.isIntact(crc, buffer, AT, length), "bit " + bit);
      buffer.clear();
      buffer.put(at, (byte) (buffer.get(at) ^ (1 << (bit % 8))));
    }
  }

  @Test
  void acknowledgementIsAFrameOfItsOwn() {
    int bytes = Frame.encodeAcknowledgement(buffer, 0, 42, 3, 4);
    Frame.writeChecksum(crc, buffer, 0, bytes, ByteBuffer.allocate(0));
    assertTrue(Frame.isIntact(crc, buffer, 0, bytes));
    buffer.clear();
    assertEquals(Frame.PREFIX_BYTES, Frame.length(buffer, 0));
    assertEquals(42, Frame.acknowledged(buffer, 0));
    assertFalse(FrameType.of(Frame.typeCode(buffer, 0)).orElseThrow().isSequenced());
  }

  @Test
  void lengthsBeyondTheLimitsAreIllegal() {
    Frame.encodeAcknowledgement(buffer, 0, 0, 1, 0);
    buffer.putInt(8, Frame.MAX_PAYLOAD_BYTES + 1);
    assertFalse(Frame.isLengthLegal(buffer, 0));
    buffer.putInt(8, -1);
    assertFalse(Frame.isLengthLegal(buffer, 0));
    buffer.putInt(8, 0).putShort(12, (short) (Frame.MAX_HEADER_BYTES + 1));
    assertFalse(Frame.isLengthLegal(buffer, 0));
    buffer.putShort(12, (short) -1);
    assertFalse(Frame.isLengthLegal(buffer, 0));
  }

  @Test
  void unknownTypesHaveNoMeaning() {
    assertEquals(Optional.empty(), FrameType.of((byte) 0));
    assertEquals(Optional.empty(), FrameType.of((byte) 4));
    assertEquals(Optional.empty(), FrameType.of((byte) -1));
  }
}
