// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.ErrorCode;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.CacheFusionMessage.Done;
import io.weft.cachefusion.protocol.CacheFusionMessage.Forward;
import io.weft.cachefusion.protocol.CacheFusionMessage.Moved;
import io.weft.cachefusion.protocol.CacheFusionMessage.Release;
import io.weft.cachefusion.protocol.CacheFusionMessage.Request;
import io.weft.cachefusion.protocol.CacheFusionMessage.WriteRequest;
import io.weft.cachefusion.protocol.MoveMessage.NewMaster;
import io.weft.cachefusion.protocol.MoveMessage.Transfer;
import io.weft.cachefusion.protocol.RecordedEffects.Sent;
import io.weft.cachefusion.protocol.RecordedEffects.SentMove;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The table of moves of the protocol page. Node 0 is the master, and node 1 the next one. */
final class BucketMovesTest {
  private static final BlockId BLOCK = new BlockId(1, 42);

  /** Another block of the same bucket. */
  private static final BlockId OTHER = new BlockId(1, 43);

  private static final int BUCKET = Buckets.of(1, 42);
  private static final int TICKET = 7;
  private static final BucketMap ALL_HERE =
      new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return 0;
        }

        @Override
        public int bucketsOf(int node) {
          return node == 0 ? Buckets.COUNT : 0;
        }
      };

  /** A node with its directory, in the view. */
  private static final class Node {
    final RecordedEffects effects = new RecordedEffects();
    final Directory directory;
    MovableMap map = new MovableMap(ALL_HERE);

    Node(int self) {
      directory = new Directory(self, 1, 1_000, Rules.STANDARD, effects);
      directory.install(Optional.empty(), map, NodeSet.of(0, 1, 2));
      directory.rebuild(Map.of(), List.of());
    }

    List<Sent> request(int from, Access access) {
      directory.recvRequest(from, new Request(BLOCK, access, false, TICKET));
      return effects.take();
    }

    void done(int from) {
      directory.recvDone(from, new Done(BLOCK, directory.inspect(BLOCK).stamp(), false));
    }

    CompletableFuture<Void> move(int to) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      directory.moves().freeze(BUCKET, to, done);
      return done;
    }

    List<SentMove> moves() {
      List<SentMove> taken = List.copyOf(effects.moves);
      effects.moves.clear();
      return taken;
    }

    Transfer transferTo(int next) {
      SentMove sent = moves().getFirst();
      assertEquals(next, sent.to());
      return assertInstanceOf(Transfer.class, sent.message());
    }
  }

  private final Node former = new Node(0);
  private final Node next = new Node(1);

  @BeforeEach
  void holdAtNode2() {
    former.request(2, Access.EXCLUSIVE);
    former.done(2);
    former.effects.take();
  }

  @Test
  void handsOverHoldersAndServesThemAtTheNextMaster() {
    CompletableFuture<Void> done = former.move(1);
    next.directory.moves().recvTransfer(former.transferTo(1));
    assertEquals(List.of(new SentMove(-1, new NewMaster(BUCKET, 1))), next.moves());
    assertFalse(done.isDone());
    former.directory.moves().recvNewMaster(1, new NewMaster(BUCKET, 1));
    assertTrue(done.isDone() && !done.isCompletedExceptionally());
    int stamp = Stamps.of(1, 1);
    assertEquals(
        List.of(new Sent(2, new Forward(BLOCK, stamp, Access.SHARED, 0, TICKET, NodeSet.NONE))),
        next.request(0, Access.SHARED));
  }

  @Test
  void waitsForTheOpenTransactionAndTakesTheQueueAlong() {
    former.request(0, Access.SHARED);
    former.move(1);
    assertEquals(List.of(), former.moves(), "a transaction is open");
    assertEquals(List.of(), former.request(1, Access.EXCLUSIVE), "is queued");
    former.done(0);
    assertEquals(List.of(), former.effects.take(), "no transaction begins");
    Transfer transfer = former.transferTo(1);
    assertEquals(1, transfer.entries().getFirst().queue().size());
    next.directory.moves().recvTransfer(transfer);
    assertEquals(1, next.directory.inspect(BLOCK).requester(), "its transaction has begun");
  }

  @Test
  void answersMovedWhenTheNextMasterServesAndNotEarlier() {
    former.move(1);
    assertEquals(List.of(), former.request(0, Access.SHARED));
    former.directory.recvRelease(2, new Release(BLOCK));
    former.directory.recvWriteRequest(2, new WriteRequest(BLOCK, 3, false, 0));
    assertEquals(List.of(), former.effects.take());
    assertFalse(former.directory.inspect(BLOCK).serving());
    former.directory.moves().recvNewMaster(1, new NewMaster(BUCKET, 1));
    assertEquals(
        List.of(
            new Sent(0, new Moved(BLOCK, false, 1, 1)), new Sent(2, new Moved(BLOCK, true, 1, 1))),
        former.effects.take());
    assertEquals(
        List.of(new Sent(2, new Moved(BLOCK, false, 1, 1))), former.request(2, Access.SHARED));
  }

  @Test
  void movesBackBeforeTheFirstMoveIsKnown() {
    CompletableFuture<Void> first = former.move(1);
    next.directory.moves().recvTransfer(former.transferTo(1));
    next.moves();
    next.move(0);
    former.directory.moves().recvTransfer(next.transferTo(0));
    assertTrue(first.isDone());
    former.directory.moves().recvNewMaster(1, new NewMaster(BUCKET, 1)); // of the first move
    assertEquals(0, former.map.masterOfBucket(BUCKET));
    assertEquals(2, former.directory.inspect(BLOCK).owner());
  }

  @Test
  void keepsNothingThatItHasHandedOver() {
    CompletableFuture<Void> done = former.move(1);
    assertEquals(
        List.of(),
        former.directory.install(
            Optional.of(former.map), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2)));
    assertFalse(former.directory.inspect(BLOCK).serving());
    assertTrue(former.directory.needsAll(), "others may not know of the move");
    assertFails(CacheFusionErrors.MOVE_INTERRUPTED, done);
  }

  /** Else this node would not report what it holds if the next view names the next master. */
  @Test
  void takesNobodyForTheKeeperOfWhatItHasHandedOver() {
    former.move(1);
    former.directory.install(
        Optional.of(former.map), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2));
    int keeper = former.map.masterOfBucket(BUCKET);
    assertTrue(keeper != 0 && keeper != 1, "n" + keeper);
  }

  /** The record of the next view names the master to which the bucket has moved. */
  @Test
  void keepsABucketThatHasMovedToIt() {
    former.move(1);
    next.directory.moves().recvTransfer(former.transferTo(1));
    BucketMap moved =
        new BucketMap() {
          @Override
          public int masterOfBucket(int bucket) {
            return bucket == BUCKET ? 1 : 0;
          }

          @Override
          public int bucketsOf(int node) {
            throw new UnsupportedOperationException();
          }
        };
    assertEquals(Map.of(BUCKET, 1), next.map.moved());
    assertEquals(
        List.of(),
        next.directory.install(Optional.of(next.map), new MovableMap(moved), NodeSet.of(0, 1, 2)));
    assertTrue(next.directory.inspect(BLOCK).serving());
    assertEquals(2, next.directory.inspect(BLOCK).owner());
    assertEquals(1, next.directory.movesKept());
    assertFalse(next.directory.needsAll());
    former.directory.install(Optional.of(former.map), new MovableMap(moved), NodeSet.of(0, 1, 2));
    assertFalse(former.directory.inspect(BLOCK).serving());
    assertEquals(0, former.directory.movesKept());
  }

  @Test
  void countsTheBucketsOfANode() {
    assertEquals(Buckets.COUNT, former.map.bucketsOf(0));
    former.map.move(BUCKET, 1, 1);
    former.map.move(BUCKET + 1, 1, 1);
    former.map.move(BUCKET + 1, 0, 2);
    assertEquals(Buckets.COUNT - 1, former.map.bucketsOf(0));
    assertEquals(1, former.map.bucketsOf(1));
    assertEquals(0, former.map.bucketsOf(2));
    assertEquals(Map.of(BUCKET, 1, BUCKET + 1, 0), former.map.moved());
  }

  @Test
  void keepsWhatIsOnlyFrozen() {
    former.request(0, Access.SHARED);
    CompletableFuture<Void> done = former.move(1);
    assertEquals(
        List.of(BLOCK),
        former.directory.install(
            Optional.of(former.map), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2)));
    assertFalse(former.directory.needsAll());
    assertFails(CacheFusionErrors.MOVE_INTERRUPTED, done);
  }

  @Test
  void forgetsTheQueueOfAFrozenBucketBecauseRequestsAreRepeated() {
    former.directory.recvRequest(2, new Request(OTHER, Access.SHARED, false, TICKET));
    former.move(1);
    assertEquals(1, former.effects.take().size(), "the transaction of the other block is open");
    former.request(0, Access.SHARED);
    former.directory.install(
        Optional.of(former.map), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2));
    assertEquals(2, former.directory.inspect(BLOCK).owner(), "kept");
    assertEquals(0, former.directory.inspect(BLOCK).queued());
  }

  @Test
  void givesUpIfTransactionsStayOpenAndServesWhatHasWaited() {
    former.directory.recvRequest(2, new Request(OTHER, Access.SHARED, false, TICKET));
    CompletableFuture<Void> done = former.move(1);
    former.effects.take();
    assertEquals(List.of(), former.request(0, Access.SHARED));
    former.directory.moves().thaw(BUCKET, done);
    assertFails(CacheFusionErrors.BUCKET_BUSY, done);
    assertEquals(
        List.of(new Sent(2, new Forward(BLOCK, 3, Access.SHARED, 0, TICKET, NodeSet.NONE))),
        former.effects.take());
  }

  @Test
  void refusesWhatCannotMove() {
    assertFails(CacheFusionErrors.NOT_THE_MASTER, next.move(2));
    former.request(0, Access.SHARED);
    former.move(1);
    assertFails(CacheFusionErrors.BUCKET_MOVES, former.move(2));
    Node recovering = new Node(0);
    recovering.directory.install(Optional.empty(), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2));
    assertFails(CacheFusionErrors.BUCKET_RECOVERS, recovering.move(1));
    recovering.directory.rebuild(Map.of(), List.of(BLOCK));
    assertFails(CacheFusionErrors.BUCKET_RECOVERS, recovering.move(1));
  }

  @Test
  void takesUpWhenItsOwnDirectoryIsRebuilt() {
    former.move(1);
    Node rebuilding = new Node(1);
    rebuilding.directory.install(Optional.empty(), new MovableMap(ALL_HERE), NodeSet.of(0, 1, 2));
    rebuilding.directory.moves().recvTransfer(former.transferTo(1));
    assertEquals(List.of(), rebuilding.moves());
    rebuilding.directory.rebuild(Map.of(), List.of());
    assertEquals(List.of(new SentMove(-1, new NewMaster(BUCKET, 1))), rebuilding.moves());
    assertEquals(2, rebuilding.directory.inspect(BLOCK).owner());
  }

  private static void assertFails(ErrorCode code, CompletableFuture<Void> done) {
    CompletionException error = assertThrows(CompletionException.class, done::join);
    assertEquals(code, assertInstanceOf(WeftException.class, error.getCause()).code());
  }
}
