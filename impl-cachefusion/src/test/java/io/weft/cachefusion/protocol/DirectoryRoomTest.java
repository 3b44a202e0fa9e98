// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.CacheFusionMessage.Done;
import io.weft.cachefusion.protocol.CacheFusionMessage.Forward;
import io.weft.cachefusion.protocol.CacheFusionMessage.Grant;
import io.weft.cachefusion.protocol.CacheFusionMessage.NoRoom;
import io.weft.cachefusion.protocol.CacheFusionMessage.Recall;
import io.weft.cachefusion.protocol.CacheFusionMessage.Refused;
import io.weft.cachefusion.protocol.CacheFusionMessage.Release;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseAccepted;
import io.weft.cachefusion.protocol.CacheFusionMessage.Request;
import io.weft.cachefusion.protocol.RecordedEffects.Sent;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A full directory (S14). Node 0 is the master. */
final class DirectoryRoomTest {
  private static final int TICKET = 7;
  private static final MovableMap ALL_HERE = new MovableMap(new AllAtNode0());

  private record AllAtNode0() implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      return 0;
    }

    @Override
    public int bucketsOf(int node) {
      return node == 0 ? Buckets.COUNT : 0;
    }
  }

  private final RecordedEffects effects = new RecordedEffects();

  private final Directory small = new Directory(0, 1, 2, Rules.STANDARD, effects);

  private static BlockId block(int number) {
    return new BlockId(1, number);
  }

  private List<Sent> ask(int from, BlockId block, boolean prefetch) {
    small.recvRequest(from, new Request(block, Access.SHARED, prefetch, TICKET));
    return effects.take();
  }

  private List<Sent> close(int from, BlockId block, boolean failed) {
    small.recvDone(from, new Done(block, small.inspect(block).stamp(), failed));
    return effects.take();
  }

  private List<Sent> giveUp(int from, BlockId block) {
    small.recvRelease(from, new Release(block));
    return effects.take();
  }

  private void fill() {
    for (int i = 0; i < 2; i++) {
      ask(1, block(i), false);
      close(1, block(i), false);
    }
  }

  private static List<Sent> only(List<Sent> sent, Class<?> type) {
    return sent.stream().filter(each -> type.isInstance(each.message())).toList();
  }

  @Test
  void requestsForFurtherBlocksWaitUntilAHolderHasReleasedOne() {
    fill();
    List<Sent> recalls = ask(2, block(2), false);
    assertEquals(1, recalls.size());
    assertEquals(1, recalls.getFirst().to());
    assertInstanceOf(Recall.class, recalls.getFirst().message());
    assertEquals(2, small.room().taken());
    assertEquals(1, small.room().waiting());
    ask(3, block(2), false);
    assertEquals(2, small.inspect(block(2)).queued());
    List<Sent> served = giveUp(1, recalls.getFirst().message().block());
    assertEquals(
        List.of(
            new Sent(1, new ReleaseAccepted(recalls.getFirst().message().block())),
            new Sent(2, new Grant(block(2), 3, true, NodeSet.NONE))),
        served);
    assertEquals(2, small.room().taken());
    assertFalse(small.room().isWanted());
  }

  @Test
  void aFullDirectoryServesBlocksThatItKnows() {
    fill();
    assertInstanceOf(Forward.class, ask(2, block(0), false).getFirst().message());
  }

  /** a prefetch may be refused whenever its master wants to (R20). */
  @Test
  void aFullDirectoryRefusesPrefetches() {
    fill();
    assertEquals(List.of(new Sent(2, new Refused(block(2)))), ask(2, block(2), true));
    assertEquals(0, small.room().waiting());
  }

  @Test
  void aFullDirectoryNeedsNoRoomForReleases() {
    fill();
    assertEquals(List.of(new Sent(3, new ReleaseAccepted(block(2)))), giveUp(3, block(2)));
    assertEquals(2, small.room().taken());
  }

  /** all holders use their blocks, perhaps because they wait for each other. */
  @Test
  void requestsThatHaveWaitedTooLongFail() {
    fill();
    ask(2, block(2), false);
    ask(3, block(2), false);
    effects.nowNs += DirectoryRoom.MOST_WAIT_NS / 2;
    assertTrue(small.room().warning().orElseThrow().contains("directory-entries"));
    small.room().onTick();
    assertEquals(2, only(effects.take(), Recall.class).size()); // again, and the other block
    effects.nowNs += DirectoryRoom.MOST_WAIT_NS / 2;
    small.room().onTick();
    assertEquals(List.of(new Sent(2, new NoRoom(block(2), 3))), only(effects.take(), NoRoom.class));
    assertEquals(List.of(new Sent(3, new NoRoom(block(2), 4))), close(2, block(2), true));
    assertEquals(List.of(), close(3, block(2), true));
    assertEquals(2, small.room().taken());
    assertFalse(small.room().isWanted());
  }

  /** what members hold at a view change is in their frames already. */
  @Test
  void aRebuildMayExceedTheBoundAndIsBroughtBack() {
    small.install(Optional.empty(), ALL_HERE, NodeSet.of(0, 1));
    List<Held> held =
        List.of(
            new Held(block(0), Right.SHARED, 1, 0),
            new Held(block(1), Right.SHARED, 1, 0),
            new Held(block(2), Right.EXCLUSIVE, 1, 0));
    small.rebuild(Map.of(1, held), List.of());
    assertEquals(3, small.room().taken());
    assertTrue(small.room().isWanted());
    small.room().onTick();
    assertEquals(2, only(effects.take(), Recall.class).size());
    giveUp(1, block(0));
    assertFalse(small.room().isWanted());
  }

  /** the requests are sent again in the new view. */
  @Test
  void aViewChangeForgetsTheRequestsThatWait() {
    small.install(Optional.empty(), ALL_HERE, NodeSet.of(0, 1, 2));
    small.rebuild(Map.of(), List.of());
    fill();
    ask(2, block(2), false);
    small.install(Optional.of(ALL_HERE), ALL_HERE, NodeSet.of(0, 1, 2));
    assertEquals(0, small.room().waiting());
    assertEquals(2, small.room().taken());
    assertEquals(0, small.inspect(block(2)).queued());
  }
}
