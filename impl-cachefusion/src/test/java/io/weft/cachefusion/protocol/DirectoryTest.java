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
import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.CacheFusionMessage.Done;
import io.weft.cachefusion.protocol.CacheFusionMessage.Forward;
import io.weft.cachefusion.protocol.CacheFusionMessage.Grant;
import io.weft.cachefusion.protocol.CacheFusionMessage.Invalidate;
import io.weft.cachefusion.protocol.CacheFusionMessage.Refused;
import io.weft.cachefusion.protocol.CacheFusionMessage.Release;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseAccepted;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseRefused;
import io.weft.cachefusion.protocol.CacheFusionMessage.Request;
import io.weft.cachefusion.protocol.CacheFusionMessage.WriteRequest;
import io.weft.cachefusion.protocol.CacheFusionMessage.Written;
import io.weft.cachefusion.protocol.RecordedEffects.Sent;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The master's table of the protocol page, row by row. Node 0 is the master. */
final class DirectoryTest {
  private static final BlockId BLOCK = new BlockId(1, 42);
  private static final int TICKET = 7;

  private final RecordedEffects effects = new RecordedEffects();
  private final Directory directory = new Directory(0, 1, 1_000, Rules.STANDARD, effects);

  private List<Sent> request(int from, Access access) {
    directory.recvRequest(from, new Request(BLOCK, access, false, TICKET));
    return effects.take();
  }

  private List<Sent> done(int from) {
    directory.recvDone(from, new Done(BLOCK, stamp(), false));
    return effects.take();
  }

  private List<Sent> release(int from) {
    directory.recvRelease(from, new Release(BLOCK));
    return effects.take();
  }

  private int stamp() {
    return directory.inspect(BLOCK).stamp();
  }

  private void hold(int node, Access access) {
    request(node, access);
    done(node);
  }

  @Test
  void grantsFromDiskWhatNobodyHolds() {
    assertEquals(
        List.of(new Sent(2, new Grant(BLOCK, 1, true, NodeSet.NONE))),
        request(2, Access.EXCLUSIVE));
    done(2);
    assertEquals(2, directory.inspect(BLOCK).owner());
  }

  /** Stamp 0 would tell a keeper of a past image that nobody writes its block. */
  @Test
  void stampsGoAroundWithoutTheReservedOne() {
    directory.stampsFrom((1 << 22) - 2);
    hold(2, Access.EXCLUSIVE);
    assertEquals((1 << 22) - 1, stamp());
    hold(1, Access.EXCLUSIVE);
    assertEquals(1, stamp());
  }

  @Test
  void forwardsToTheOwner() {
    hold(2, Access.EXCLUSIVE);
    assertEquals(
        List.of(new Sent(2, new Forward(BLOCK, 2, Access.SHARED, 1, TICKET, NodeSet.NONE))),
        request(1, Access.SHARED));
    done(1);
    assertEquals(-1, directory.inspect(BLOCK).owner());
    assertEquals(NodeSet.of(1, 2), directory.inspect(BLOCK).sharers());
  }

  @Test
  void shipsFromTheMasterItselfIfItShares() {
    hold(3, Access.SHARED);
    hold(0, Access.SHARED);
    assertEquals(0, request(2, Access.SHARED).getFirst().to());
  }

  @Test
  void upgradesASharerAndInvalidatesTheOthers() {
    hold(1, Access.SHARED);
    hold(2, Access.SHARED);
    hold(3, Access.SHARED);
    int next = stamp() + 1;
    assertEquals(
        List.of(
            new Sent(2, new Grant(BLOCK, next, false, NodeSet.of(1, 3))),
            new Sent(1, new Invalidate(BLOCK, next, 2)),
            new Sent(3, new Invalidate(BLOCK, next, 2))),
        request(2, Access.EXCLUSIVE));
    done(2);
    assertEquals(2, directory.inspect(BLOCK).owner());
    assertEquals(NodeSet.NONE, directory.inspect(BLOCK).sharers());
  }

  @Test
  void letsOneSharerShipAndTheOthersDropForAnotherWriter() {
    hold(1, Access.SHARED);
    hold(2, Access.SHARED);
    List<Sent> sent = request(3, Access.EXCLUSIVE);
    Forward forward = assertInstanceOf(Forward.class, sent.getFirst().message());
    int source = sent.getFirst().to();
    int other = 3 - source;
    assertEquals(NodeSet.of(other), forward.invalidated());
    assertEquals(new Sent(other, new Invalidate(BLOCK, stamp(), 3)), sent.getLast());
  }

  @Test
  void queuesRequestsBehindATransactionInTheirOrder() {
    request(1, Access.EXCLUSIVE);
    assertEquals(List.of(), request(2, Access.SHARED));
    assertEquals(List.of(), request(3, Access.EXCLUSIVE));
    assertEquals(
        new Sent(1, new Forward(BLOCK, 2, Access.SHARED, 2, TICKET, NodeSet.NONE)),
        done(1).getFirst());
    assertEquals(2, directory.inspect(BLOCK).requester());
    done(2);
    assertEquals(3, directory.inspect(BLOCK).requester());
  }

  @Test
  void acceptsAReleaseOfAHolder() {
    hold(1, Access.EXCLUSIVE);
    assertEquals(List.of(new Sent(1, new ReleaseAccepted(BLOCK))), release(1));
    assertEquals(-1, directory.inspect(BLOCK).owner());
  }

  @Test
  void refusesAReleaseThatCrossesAForward() {
    hold(1, Access.EXCLUSIVE);
    request(2, Access.EXCLUSIVE);
    assertEquals(List.of(new Sent(1, new ReleaseRefused(BLOCK))), release(1));
    done(2);
    assertEquals(2, directory.inspect(BLOCK).owner());
  }

  @Test
  void parksAReleaseOfTheNodeThatShipsASharedCopy() {
    hold(1, Access.EXCLUSIVE);
    request(2, Access.SHARED);
    assertEquals(List.of(), release(1));
    assertEquals(List.of(new Sent(1, new ReleaseAccepted(BLOCK))), done(2));
    assertEquals(NodeSet.of(2), directory.inspect(BLOCK).sharers());
  }

  @Test
  void acceptsTheReleaseOfASharerThatASharedTransactionDoesNotTouch() {
    hold(1, Access.SHARED);
    hold(2, Access.SHARED);
    int source = request(3, Access.SHARED).getFirst().to();
    int other = 3 - source;
    assertEquals(List.of(new Sent(other, new ReleaseAccepted(BLOCK))), release(other));
  }

  @Test
  void acceptsAReleaseOfANodeThatHoldsNothing() {
    assertEquals(List.of(new Sent(1, new ReleaseAccepted(BLOCK))), release(1));
  }

  @Test
  void parksAReleaseThatOvertakesTheDoneOfItsSender() {
    request(1, Access.SHARED);
    assertEquals(List.of(), release(1));
    assertEquals(List.of(new Sent(1, new ReleaseAccepted(BLOCK))), done(1));
    assertEquals(NodeSet.NONE, directory.inspect(BLOCK).sharers());
  }

  @Test
  void refusesAPrefetchOfWhatIsOwnedOrBusy() {
    Request prefetch = new Request(BLOCK, Access.SHARED, true, TICKET);
    request(1, Access.EXCLUSIVE);
    directory.recvRequest(2, prefetch);
    assertEquals(List.of(new Sent(2, new Refused(BLOCK))), effects.take());
    done(1);
    directory.recvRequest(2, prefetch);
    assertEquals(List.of(new Sent(2, new Refused(BLOCK))), effects.take());
  }

  @Test
  void grantsAPrefetchOfWhatIsIdleOrShared() {
    directory.recvRequest(2, new Request(BLOCK, Access.SHARED, true, TICKET));
    assertInstanceOf(Grant.class, effects.take().getFirst().message());
    done(2);
    directory.recvRequest(1, new Request(BLOCK, Access.SHARED, true, TICKET));
    assertInstanceOf(Forward.class, effects.take().getFirst().message());
  }

  @Test
  void changesNothingAfterAFailedRead() {
    request(1, Access.SHARED);
    request(2, Access.SHARED);
    directory.recvDone(1, new Done(BLOCK, stamp(), true));
    assertEquals(List.of(new Sent(2, new Grant(BLOCK, 2, true, NodeSet.NONE))), effects.take());
    assertEquals(NodeSet.NONE, directory.inspect(BLOCK).sharers());
  }

  @Test
  void answersAWriteRequestItselfIfNobodyHoldsTheBlock() {
    directory.recvWriteRequest(2, new WriteRequest(BLOCK, 5, false, 0));
    assertEquals(List.of(new Sent(2, new Written(BLOCK, 5))), effects.take());
  }

  @Test
  void passesAWriteRequestOnToAHolder() {
    hold(1, Access.EXCLUSIVE);
    directory.recvWriteRequest(2, new WriteRequest(BLOCK, 5, false, 0));
    assertEquals(List.of(new Sent(1, new WriteRequest(BLOCK, 5, true, 2))), effects.take());
    request(3, Access.SHARED);
    directory.recvWriteRequest(2, new WriteRequest(BLOCK, 5, false, 0));
    assertEquals(List.of(), effects.take(), "busy: the keeper asks again");
  }

  @Test
  void stopsAtADoneThatFitsNoTransaction() {
    request(1, Access.SHARED);
    assertBroken(() -> directory.recvDone(2, new Done(BLOCK, stamp(), false)));
    assertBroken(() -> directory.recvDone(1, new Done(BLOCK, stamp() + 1, false)));
    done(1);
    assertBroken(() -> directory.recvDone(1, new Done(BLOCK, stamp(), false)));
    assertBroken(() -> directory.recvDone(1, new Done(new BlockId(1, 43), 1, false)));
  }

  private static void assertBroken(Runnable step) {
    assertEquals(CoreErrors.INVARIANT_BROKEN, assertThrows(WeftException.class, step::run).code());
  }

  // ---- view change ---------------------------------------------------------------------------

  private static final MovableMap ALL_HERE = new MovableMap(new OneMaster(0));
  private static final MovableMap ALL_ELSEWHERE = new MovableMap(new OneMaster(1));

  private record OneMaster(int node) implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      return node;
    }

    @Override
    public int bucketsOf(int other) {
      return other == node ? Buckets.COUNT : 0;
    }
  }

  @Test
  void refusesWhatIsMeantForAnotherMaster() {
    directory.install(Optional.empty(), ALL_ELSEWHERE, NodeSet.of(0, 1, 2));
    assertBroken(() -> request(2, Access.SHARED));
    assertBroken(() -> directory.recvRelease(2, new CacheFusionMessage.Release(BLOCK)));
    assertBroken(
        () ->
            directory.recvWriteRequest(2, new CacheFusionMessage.WriteRequest(BLOCK, 3, false, 0)));
    assertEquals(List.of(), effects.take(), "nobody is told that the disk is current");
  }

  private List<BlockId> install(NodeSet insiders) {
    return directory.install(Optional.of(ALL_HERE), ALL_HERE, insiders);
  }

  private List<BlockId> rebuild(int from, Held held) {
    return directory.rebuild(Map.of(from, List.of(held)), List.of());
  }

  @Test
  void keepsAnIdleEntryOfInsidersAndServesItAtOnce() {
    hold(1, Access.EXCLUSIVE);
    assertEquals(List.of(), install(NodeSet.of(0, 1, 2)));
    assertEquals(
        List.of(new Sent(1, new Forward(BLOCK, 2, Access.SHARED, 2, TICKET, NodeSet.NONE))),
        request(2, Access.SHARED));
  }

  @Test
  void asksAboutAnEntryThatIsBusy() {
    hold(1, Access.EXCLUSIVE);
    request(2, Access.EXCLUSIVE);
    assertEquals(List.of(BLOCK), install(NodeSet.of(0, 1, 2)));
    assertEquals(List.of(), request(2, Access.EXCLUSIVE), "waits for the reports");
    assertEquals(List.of(), release(1));
    assertEquals(List.of(), rebuild(1, new Held(BLOCK, Right.SHARED, 4, 0)));
    assertEquals(
        List.of(
            new Sent(1, new ReleaseAccepted(BLOCK)),
            new Sent(2, new Grant(BLOCK, 3, true, NodeSet.NONE))),
        effects.take());
  }

  @Test
  void asksAboutAnEntryThatNamesAnOutsider() {
    hold(1, Access.SHARED);
    hold(2, Access.SHARED);
    assertEquals(List.of(BLOCK), install(NodeSet.of(0, 1)));
    assertEquals(List.of(), rebuild(1, new Held(BLOCK, Right.SHARED, 4, 0)));
    assertEquals(NodeSet.of(1), directory.inspect(BLOCK).sharers());
  }

  @Test
  void forgetsWhatOnlyTheDeadHeld() {
    hold(2, Access.EXCLUSIVE);
    assertEquals(List.of(), install(NodeSet.of(0, 1)), "nobody else can hold it");
    assertFalse(directory.inspect(BLOCK).serving());
    assertEquals(List.of(), directory.rebuild(Map.of(), List.of()));
    assertEquals(-1, directory.inspect(BLOCK).owner());
    assertEquals(
        List.of(new Sent(1, new Grant(BLOCK, 2, true, NodeSet.NONE))), request(1, Access.SHARED));
  }

  @Test
  void keepsWhatAMemberTellsUnasked() {
    hold(1, Access.EXCLUSIVE);
    assertEquals(List.of(), install(NodeSet.of(0, 1, 2)));
    assertEquals(List.of(), rebuild(2, new Held(BLOCK, Right.SHARED, 4, 0)));
    assertEquals(1, directory.inspect(BLOCK).owner(), "a kept entry");
  }

  @Test
  void keepsNothingOfABucketThatItDidNotMasterBefore() {
    hold(1, Access.EXCLUSIVE);
    assertEquals(
        List.of(), directory.install(Optional.of(ALL_ELSEWHERE), ALL_HERE, NodeSet.of(0, 1, 2)));
    assertFalse(directory.inspect(BLOCK).serving());
    assertEquals(List.of(), request(2, Access.SHARED));
    assertEquals(List.of(), rebuild(1, new Held(BLOCK, Right.EXCLUSIVE, 4, 0)));
    assertEquals(
        List.of(new Sent(1, new Forward(BLOCK, 2, Access.SHARED, 2, TICKET, NodeSet.NONE))),
        effects.take());
  }

  @Test
  void keepsNothingIfAViewIsOvertakenBeforeItsRebuild() {
    hold(1, Access.EXCLUSIVE);
    directory.install(Optional.of(ALL_ELSEWHERE), ALL_HERE, NodeSet.of(0, 1, 2));
    assertEquals(List.of(), install(NodeSet.of(0, 1, 2)));
    assertTrue(directory.needsAll());
    assertFalse(directory.inspect(BLOCK).serving());
  }

  @Test
  void forgetsABucketThatIsMasteredElsewhere() {
    hold(1, Access.EXCLUSIVE);
    directory.install(Optional.of(ALL_HERE), ALL_ELSEWHERE, NodeSet.of(0, 1, 2));
    directory.rebuild(Map.of(), List.of());
    assertEquals(-1, directory.inspect(BLOCK).owner());
  }

  @Test
  void recoversWhatNobodyHoldsAndTheDeadHaveChanged() {
    hold(2, Access.EXCLUSIVE);
    install(NodeSet.of(0, 1));
    request(1, Access.SHARED);
    assertEquals(List.of(BLOCK), directory.rebuild(Map.of(), List.of(BLOCK)));
    assertEquals(List.of(BLOCK), effects.touched, "somebody waits for it");
    assertEquals(List.of(), effects.take());
    directory.recovered(BLOCK);
    assertEquals(List.of(new Sent(1, new Grant(BLOCK, 2, true, NodeSet.NONE))), effects.take());
  }

  @Test
  void recoversWhatNobodyHoldsFromTheNewestPastImage() {
    hold(2, Access.EXCLUSIVE);
    install(NodeSet.of(0, 1, 3));
    List<BlockId> recover =
        directory.rebuild(
            Map.of(
                1, List.of(new Held(BLOCK, Right.NONE, 0, 5)),
                3, List.of(new Held(BLOCK, Right.NONE, 0, 7))),
            List.of());
    assertEquals(List.of(BLOCK), recover);
    assertEquals(7, directory.pastVersion(BLOCK));
    assertEquals(3, directory.pastKeeper(BLOCK));
  }

  @Test
  void redoAndPastImagesOfAHeldBlockAreNotNeeded() {
    hold(2, Access.EXCLUSIVE);
    install(NodeSet.of(0, 1));
    assertEquals(
        List.of(),
        directory.rebuild(Map.of(1, List.of(new Held(BLOCK, Right.SHARED, 9, 0))), List.of(BLOCK)));
    assertTrue(directory.inspect(BLOCK).serving());
  }

  @Test
  void reportsThatContradictEachOtherAreADefect() {
    hold(2, Access.SHARED);
    install(NodeSet.of(0, 1));
    Map<Integer, List<Held>> two =
        Map.of(
            0, List.of(new Held(BLOCK, Right.EXCLUSIVE, 4, 0)),
            1, List.of(new Held(BLOCK, Right.SHARED, 4, 0)));
    assertThrows(WeftException.class, () -> directory.rebuild(two, List.of()));
  }

  @Test
  void servesWhatWasMerelyBusyBetweenInsidersWithoutWaitingForTheFence() {
    hold(1, Access.EXCLUSIVE);
    request(2, Access.EXCLUSIVE);
    install(NodeSet.of(0, 1, 2));
    request(2, Access.EXCLUSIVE);
    directory.rebuildBusy(Map.of(1, List.of(new Held(BLOCK, Right.EXCLUSIVE, 4, 0))));
    assertEquals(
        List.of(new Sent(1, new Forward(BLOCK, 3, Access.EXCLUSIVE, 2, TICKET, NodeSet.NONE))),
        effects.take());
    assertEquals(List.of(), directory.rebuild(Map.of(), List.of()));
  }

  @Test
  void anOutsiderThatWasAboutToGetTheBlockMustHaveStopped() {
    hold(1, Access.SHARED);
    request(2, Access.SHARED);
    install(NodeSet.of(0, 1));
    directory.rebuildBusy(Map.of(1, List.of(new Held(BLOCK, Right.SHARED, 4, 0))));
    assertFalse(directory.inspect(BLOCK).serving());
    rebuild(1, new Held(BLOCK, Right.SHARED, 4, 0));
    assertTrue(directory.inspect(BLOCK).serving());
  }

  @Test
  void aBusyBlockOfWhichOnlyAPastImageIsLeftWaitsForTheRedo() {
    hold(1, Access.EXCLUSIVE);
    request(2, Access.EXCLUSIVE);
    install(NodeSet.of(0, 1, 2));
    Held past = new Held(BLOCK, Right.NONE, 0, 6);
    directory.rebuildBusy(Map.of(1, List.of(past)));
    assertFalse(directory.inspect(BLOCK).serving());
    assertEquals(List.of(BLOCK), rebuild(1, past));
    assertEquals(6, directory.pastVersion(BLOCK));
  }
}
