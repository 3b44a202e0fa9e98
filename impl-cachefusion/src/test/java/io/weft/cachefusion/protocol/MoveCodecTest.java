// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.cachefusion.protocol.MoveMessage.NewMaster;
import io.weft.cachefusion.protocol.MoveMessage.Transfer;
import io.weft.spi.directory.Buckets;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MoveCodecTest {
  private static final long EPOCH = 0xFFFF_FFFFL;
  private static final BlockId BLOCK = new BlockId(3, 70);
  private static final int BUCKET = Buckets.of(3, 70);
  private static final Queued QUEUED = new Queued(1_023, Access.EXCLUSIVE, 12);
  private static final MovedEntry OWNED =
      new MovedEntry(BLOCK, 1_023, NodeSet.NONE, List.of(QUEUED, new Queued(0, Access.SHARED, 0)));
  private static final MovedEntry SHARED =
      new MovedEntry(
          new BlockId(3, 71), DirectoryEntry.NO_NODE, NodeSet.of(0, 63, 64, 1_023), List.of());

  @Test
  void decodesWhatItHasEncoded() {
    for (MoveMessage message :
        List.of(
            new NewMaster(BUCKET, 7),
            new Transfer(BUCKET, 1, 1, List.of()),
            new Transfer(BUCKET, 2, 9, List.of(OWNED, SHARED)))) {
      byte[] header = MoveCodec.encode(EPOCH, message);
      assertTrue(MoveCodec.isMove(ByteBuffer.wrap(header)));
      assertFalse(MessageCodec.isRecovery(ByteBuffer.wrap(header)));
      assertEquals(EPOCH, MessageCodec.epoch(ByteBuffer.wrap(header)));
      assertEquals(message, MoveCodec.decode(ByteBuffer.wrap(header)));
      for (int length = 0; length < header.length; length++) {
        ByteBuffer part = ByteBuffer.wrap(header, 0, length);
        assertEquals(
            CacheFusionErrors.BAD_MESSAGE,
            assertThrows(WeftException.class, () -> MoveCodec.decode(part)).code());
      }
    }
  }

  @Test
  void refusesABlockOfAnotherBucket() {
    byte[] header = MoveCodec.encode(EPOCH, new Transfer(BUCKET + 1, 1, 1, List.of(OWNED)));
    assertThrows(WeftException.class, () -> MoveCodec.decode(ByteBuffer.wrap(header)));
  }

  @Test
  void everyPartFitsIntoAHeader() {
    List<MovedEntry> entries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      entries.add(
          new MovedEntry(
              BLOCK,
              1,
              i % 7 == 0 ? NodeSet.ofFirst(1_024) : NodeSet.NONE,
              Collections.nCopies(i % (MovedEntry.MOST_QUEUED + 1), QUEUED)));
    }
    List<List<MovedEntry>> parts = MoveCodec.parts(entries);
    List<MovedEntry> joined = new ArrayList<>();
    for (List<MovedEntry> part : parts) {
      assertFalse(part.isEmpty());
      Transfer transfer = new Transfer(BUCKET, 1, parts.size(), part);
      assertTrue(MoveCodec.encode(EPOCH, transfer).length <= MessageCodec.MAX_HEADER_BYTES);
      joined.addAll(part);
    }
    assertEquals(entries, joined);
    assertEquals(List.of(List.of()), MoveCodec.parts(List.of()), "one message without entries");
  }
}
