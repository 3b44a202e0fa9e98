// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class MessageCodecTest {
  private static final BlockId BLOCK = new BlockId(-7, Long.MAX_VALUE - 3);

  static final List<CacheFusionMessage> MESSAGES =
      List.of(
          new CacheFusionMessage.Request(BLOCK, Access.SHARED, true, 4711),
          new CacheFusionMessage.Request(BLOCK, Access.EXCLUSIVE, false, 0),
          new CacheFusionMessage.Forward(
              BLOCK, 9, Access.EXCLUSIVE, NodeId.MAX, 12, NodeSet.ofFirst(64)),
          new CacheFusionMessage.Forward(BLOCK, 9, Access.SHARED, 0, 12, NodeSet.NONE),
          new CacheFusionMessage.Invalidate(BLOCK, 10, 62),
          new CacheFusionMessage.Grant(BLOCK, 11, true, NodeSet.NONE),
          new CacheFusionMessage.Grant(BLOCK, 11, false, NodeSet.of(0, 2)),
          new CacheFusionMessage.Grant(BLOCK, 11, false, NodeSet.of(63, 64, 127, 128, 1_023)),
          new CacheFusionMessage.Data(BLOCK, 12, 1L << 40, true, NodeSet.of(63), 99),
          new CacheFusionMessage.Data(BLOCK, 12, 1, false, NodeSet.ofFirst(1_024), 99),
          new CacheFusionMessage.Ack(BLOCK, 13),
          new CacheFusionMessage.Done(BLOCK, 14, true),
          new CacheFusionMessage.Refused(BLOCK),
          new CacheFusionMessage.WritePast(BLOCK, 79),
          new CacheFusionMessage.PastWritten(BLOCK, 80),
          new CacheFusionMessage.Quarantined(BLOCK, 15),
          new CacheFusionMessage.Release(BLOCK),
          new CacheFusionMessage.ReleaseAccepted(BLOCK),
          new CacheFusionMessage.ReleaseRefused(BLOCK),
          new CacheFusionMessage.Moved(BLOCK, true, 61, 81),
          new CacheFusionMessage.Moved(BLOCK, false, 0, 1),
          new CacheFusionMessage.NoRoom(BLOCK, 16),
          new CacheFusionMessage.Recall(BLOCK),
          new CacheFusionMessage.Written(BLOCK, 77),
          new CacheFusionMessage.WriteRequest(BLOCK, 78, true, 5),
          new CacheFusionMessage.WriteRequest(BLOCK, 78, false, 0));

  /** A message, the epoch it is for, and the field that does not fit. */
  private record Misfit(String field, Runnable encoding) {
    @Override
    public String toString() {
      return field;
    }
  }

  private static Misfit misfit(String field, long epoch, CacheFusionMessage message) {
    return new Misfit(field, () -> MessageCodec.encode(epoch, message));
  }

  static Stream<Misfit> misfits() {
    List<BlockId> blocks = Collections.nCopies(MessageCodec.BLOCKS_PER_INQUIRY + 1, BLOCK);
    List<Held> held =
        Collections.nCopies(
            MessageCodec.BLOCKS_PER_REPORT + 1, new Held(BLOCK, Right.SHARED, 1, 0));
    return Stream.of(
        misfit("epoch", 1L << 32, new CacheFusionMessage.Refused(BLOCK)),
        misfit("epoch", -1, new CacheFusionMessage.Refused(BLOCK)),
        misfit(
            "requester",
            1,
            new CacheFusionMessage.Forward(
                BLOCK, 9, Access.SHARED, NodeId.MAX + 1, 12, NodeSet.NONE)),
        misfit("requester", 1, new CacheFusionMessage.Invalidate(BLOCK, 9, NodeId.MAX + 1)),
        misfit("keeper", 1, new CacheFusionMessage.WriteRequest(BLOCK, 1, true, -1)),
        new Misfit(
            "number of blocks of an inquiry",
            () ->
                MessageCodec.encode(
                    1, new RecoveryMessage.Inquiry(0, RecoveryMessage.Scope.NAMED, blocks))),
        new Misfit(
            "number of blocks of a report",
            () -> MessageCodec.encode(1, new RecoveryMessage.Report(0, 1, held))),
        new Misfit(
            "epoch",
            () -> MessageCodec.encode(1L << 32, new RecoveryMessage.Report(0, 1, List.of()))));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void whatDoesNotFitItsFieldIsRefusedByName(Misfit misfit) {
    WeftException e = assertThrows(WeftException.class, misfit.encoding::run);
    assertTrue(e.getMessage().contains("the " + misfit.field + " in a"), e::getMessage);
  }

  @Test
  void decodesWhatItEncodes() {
    for (CacheFusionMessage message : MESSAGES) {
      assertEquals(
          message, MessageCodec.decode(ByteBuffer.wrap(MessageCodec.encode(EPOCH, message))));
    }
  }

  private static final long EPOCH = 0xFEDC_BA98L;

  @Test
  void tellsTheEpochWithoutDecoding() {
    ByteBuffer header = ByteBuffer.wrap(MessageCodec.encode(EPOCH, MESSAGES.getFirst()));
    assertEquals(EPOCH, MessageCodec.epoch(header));
    assertEquals(false, MessageCodec.isRecovery(header));
  }

  static List<RecoveryMessage> recoveryMessages() {
    List<BlockId> blocks = Collections.nCopies(MessageCodec.BLOCKS_PER_INQUIRY, BLOCK);
    List<Held> held =
        Collections.nCopies(
            MessageCodec.BLOCKS_PER_REPORT, new Held(BLOCK, Right.EXCLUSIVE, 1L << 50, 17));
    return List.of(
        new RecoveryMessage.Inquiry(0, RecoveryMessage.Scope.MOVED_OR_PAST, List.of()),
        new RecoveryMessage.Inquiry(1, RecoveryMessage.Scope.MASTERED, List.of()),
        new RecoveryMessage.Inquiry(2, RecoveryMessage.Scope.NAMED, blocks),
        new RecoveryMessage.Report(2, 3, held),
        new RecoveryMessage.Report(0, 1, List.of()));
  }

  @Test
  void decodesMessagesOfAViewChange() {
    for (RecoveryMessage message : recoveryMessages()) {
      byte[] header = MessageCodec.encode(EPOCH, message);
      assertEquals(true, header.length <= 1_024, header.length + " bytes");
      assertEquals(true, MessageCodec.isRecovery(ByteBuffer.wrap(header)));
      assertEquals(EPOCH, MessageCodec.epoch(ByteBuffer.wrap(header)));
      assertEquals(message, MessageCodec.decodeRecovery(ByteBuffer.wrap(header)));
      for (int length = 0; length < header.length; length++) {
        ByteBuffer part = ByteBuffer.wrap(header, 0, length);
        try {
          assertNotEquals(message, MessageCodec.decodeRecovery(part)); // fewer blocks may fit
        } catch (WeftException e) {
          assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
        }
      }
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
  void refusesANodeThatNoClusterCanHave() {
    byte[] whole = MessageCodec.encode(EPOCH, new CacheFusionMessage.Invalidate(BLOCK, 10, 0));
    for (int node : new int[] {NodeId.MAX + 1, 0x7FFF, 0xFFFF}) {
      ByteBuffer wrong = ByteBuffer.wrap(whole).putShort(whole.length - 2, (short) node);
      WeftException e = assertThrows(WeftException.class, () -> MessageCodec.decode(wrong));
      assertTrue(e.getMessage().contains("node of value " + node), e::getMessage);
    }
  }

  @Test
  void refusesASetOfNodesThatNoClusterCanHave() {
    byte[] whole =
        MessageCodec.encode(EPOCH, new CacheFusionMessage.Grant(BLOCK, 1, true, NodeSet.NONE));
    byte[] wrong = Arrays.copyOf(whole, whole.length + 8 * (NodeSet.MAX_WORDS + 1));
    wrong[whole.length - 1] = NodeSet.MAX_WORDS + 1;
    wrong[wrong.length - 1] = 1;
    WeftException e =
        assertThrows(WeftException.class, () -> MessageCodec.decode(ByteBuffer.wrap(wrong)));
    assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
  }

  /** A header of a transport has 1,024 bytes. */
  @Test
  void theLargestSetFitsIntoAHeader() {
    byte[] header = MessageCodec.encode(EPOCH, largest());
    assertTrue(header.length <= 1_024, header.length + " bytes");
    assertEquals(largest(), MessageCodec.decode(ByteBuffer.wrap(header)));
  }

  private static CacheFusionMessage largest() {
    return new CacheFusionMessage.Forward(
        BLOCK, 9, Access.EXCLUSIVE, NodeId.MAX, 12, NodeSet.ofFirst(1_024));
  }

  @Test
  void refusesMessagesThatAreCutShortOrTooLong() {
    for (CacheFusionMessage message : MESSAGES) {
      byte[] whole = MessageCodec.encode(EPOCH, message);
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
        assertEquals(
            message, MessageCodec.decode(ByteBuffer.wrap(MessageCodec.encode(EPOCH, message))));
      } catch (WeftException e) {
        assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
        refused++;
      }
    }
    assertEquals(true, refused > 90_000, "refused only " + refused);
  }
}
