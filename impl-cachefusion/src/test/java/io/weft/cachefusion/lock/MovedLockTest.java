// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MovedLockTest {
  private static MovedLock lock(int number, int parties, int queue) {
    return new MovedLock(
        LockName.of("x".repeat(LockName.MAX_BYTES - 4) + (1_000 + number)),
        new StoredValue(number, LockValue.of(new byte[LockValue.MAX_BYTES])),
        0,
        IntStream.range(0, parties)
            .mapToObj(
                i ->
                    new MovedLock.Party(
                        i,
                        LockMode.PR,
                        i + 1,
                        i + 2,
                        i % 2 == 0 ? Optional.empty() : Optional.of(LockMode.NL),
                        i,
                        i % 2 == 1))
            .toList(),
        IntStream.range(0, queue)
            .mapToObj(i -> new MovedLock.Queued(i, LockMode.EX, i + 3, i < 2, i > 5))
            .toList());
  }

  /** As they travel: in parts of which each fits into a message, which arrive in any order. */
  private static List<MovedLock> sent(List<MovedLock> locks, long seed) {
    List<LockMessage.Transfer> parts = new ArrayList<>(LockCodec.transferParts(7, locks));
    Collections.shuffle(parts, new Random(seed));
    List<MovedLock> pieces = new ArrayList<>();
    for (LockMessage.Transfer part : parts) {
      byte[] bytes = LockCodec.encode(1, 2, part);
      assertTrue(bytes.length <= 1_024, () -> bytes.length + " bytes");
      LockMessage.Transfer come =
          (LockMessage.Transfer) LockCodec.decode(ByteBuffer.wrap(bytes)).message();
      assertEquals(parts.size(), come.parts());
      assertEquals(7, come.bucket());
      pieces.addAll(come.locks());
    }
    return MovedLock.join(pieces);
  }

  @Test
  void manyLocksTakeSeveralMessages() {
    List<MovedLock> locks = IntStream.range(0, 50).mapToObj(i -> lock(i, 2, 1)).toList();
    List<MovedLock> come = sent(locks, 1);
    assertEquals(locks.size(), come.size());
    assertTrue(come.containsAll(locks));
  }

  @Test
  void aLockOfManyNodesKeepsItsQueueInOrder() {
    MovedLock lock = lock(1, 100, 90);
    for (long seed = 1; seed <= 20; seed++) {
      assertEquals(List.of(lock), sent(List.of(lock), seed));
    }
  }

  @Test
  void aBucketWithoutLocksTakesOneMessage() {
    assertEquals(1, LockCodec.transferParts(7, List.of()).size());
  }
}
