// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheFusionMessage.Ack;
import io.weft.cachefusion.protocol.CacheFusionMessage.Data;
import io.weft.cachefusion.protocol.CacheFusionMessage.Done;
import io.weft.cachefusion.protocol.CacheFusionMessage.Forward;
import io.weft.cachefusion.protocol.CacheFusionMessage.Grant;
import io.weft.cachefusion.protocol.CacheFusionMessage.Invalidate;
import io.weft.cachefusion.protocol.CacheFusionMessage.Quarantined;
import io.weft.cachefusion.protocol.CacheFusionMessage.Refused;
import io.weft.cachefusion.protocol.CacheFusionMessage.Release;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseAccepted;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseRefused;
import io.weft.cachefusion.protocol.CacheFusionMessage.Request;
import io.weft.cachefusion.protocol.CacheFusionMessage.Written;
import io.weft.cachefusion.protocol.RecordedEffects.Sent;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tables of holder and requester, and that what cannot happen stops the node. Node 1; master 0. */
final class HolderAndRequesterTest {
  private static final BlockId BLOCK = new BlockId(1, 42);
  private static final int MASTER = 0;
  private static final int OTHER = 2;

  private final Arena arena = Arena.ofAuto();
  private final RecordedEffects effects = new RecordedEffects();
  private final FramePool frames = new FramePool(8, 1, new BlockLayout(4096));
  private ShardCache cache = cacheOf(Rules.STANDARD, 4);

  private ShardCache cacheOf(Rules rules, int pastImages) {
    return cacheOf(rules, pastImages, 1);
  }

  private ShardCache cacheOf(Rules rules, int pastImages, int lowFrames) {
    ShardCache made =
        new ShardCache(
            1,
            frames,
            new FrameRange(0, 8),
            new ShardCache.Limits(100, 1, pastImages, lowFrames),
            rules,
            effects,
            new CacheCounters(new PlainMetrics()));
    made.writeBack().allocate(arena);
    return made;
  }

  @AfterEach
  void close() {
    frames.close();
  }

  private LeaseRequest ask(Access access) {
    LeaseRequest request = new LeaseRequest(BLOCK, access, 0, 0, () -> {});
    cache.admission().enter();
    cache.leases().acquire(request);
    return request;
  }

  private void giveBack(LeaseRequest request) {
    int frame = assertInstanceOf(LeaseRequest.Granted.class, request.outcome()).frame();
    if (request.access() == Access.EXCLUSIVE) {
      frames.unpinExclusive(frame);
    } else {
      frames.unpinShared(frame);
    }
    cache.leases().pump(cache.state().find(BLOCK));
  }

  /** Holds the block, read from disk in version 3 by transaction 1. */
  private void hold(Access access) {
    LeaseRequest request = ask(access);
    cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE));
    cache.requester().onRead(effects.reads.removeFirst(), 3);
    giveBack(request);
    effects.take();
  }

  private BlockMode mode() {
    CacheEntry entry = cache.state().find(BLOCK);
    return entry == null ? BlockMode.NULL : entry.mode(frames);
  }

  @Test
  void asksTheMasterAndReadsWhatIsGrantedFromDisk() {
    LeaseRequest request = ask(Access.SHARED);
    int ticket = cache.state().find(BLOCK).pending.frame;
    assertEquals(
        List.of(new Sent(MASTER, new Request(BLOCK, Access.SHARED, false, ticket))),
        effects.take());
    cache.requester().recvGrant(new Grant(BLOCK, 9, true, NodeSet.NONE));
    assertNull(request.outcome(), "not before the image is in");
    cache.requester().onRead(effects.reads.getFirst(), 3);
    assertEquals(List.of(new Sent(MASTER, new Done(BLOCK, 9, false))), effects.take());
    assertInstanceOf(LeaseRequest.Granted.class, request.outcome());
    assertEquals(BlockMode.SHARED, mode());
  }

  @Test
  void completesOnlyWhenEveryInvalidationIsAcknowledged() {
    LeaseRequest request = ask(Access.EXCLUSIVE);
    cache.requester().recvAck(3, new Ack(BLOCK, 5));
    int ticket = cache.state().find(BLOCK).pending.frame;
    cache.requester().recvData(OTHER, new Data(BLOCK, 5, 7, true, NodeSet.of(3, 4), ticket));
    assertNull(request.outcome());
    cache.requester().recvAck(4, new Ack(BLOCK, 5));
    assertInstanceOf(LeaseRequest.Granted.class, request.outcome());
    assertEquals(BlockMode.EXCLUSIVE_CURRENT, mode());
  }

  @Test
  void tellsWaitersWhyABlockCannotBeRead() {
    LeaseRequest request = ask(Access.SHARED);
    cache.requester().recvGrant(new Grant(BLOCK, 2, true, NodeSet.NONE));
    effects.take();
    WeftException reason = new WeftException(CoreErrors.ILLEGAL_USE, "damaged");
    cache.requester().onReadFailed(effects.reads.getFirst(), reason);
    assertEquals(List.of(new Sent(MASTER, new Done(BLOCK, 2, true))), effects.take());
    assertEquals(new LeaseRequest.Failed(reason), request.outcome());
    assertNull(cache.state().find(BLOCK), "nothing is left to remember");
    assertEquals(8, cache.state().freeCount());
  }

  @Test
  void asksInEarnestWhenARefusedPrefetchIsWanted() {
    CacheEntry entry = cache.state().findOrMake(BLOCK);
    cache.requester().want(entry, Access.SHARED, true);
    ask(Access.SHARED);
    effects.take();
    cache.requester().recvRefused(new Refused(BLOCK));
    Request again = assertInstanceOf(Request.class, effects.take().getFirst().message());
    assertEquals(false, again.prefetch());
  }

  @Test
  void shipsSharedAndStaysASharer() {
    hold(Access.EXCLUSIVE);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.SHARED, OTHER, 6, NodeSet.NONE));
    assertEquals(
        List.of(new Sent(OTHER, new Data(BLOCK, 2, 3, false, NodeSet.NONE, 6))), effects.take());
    assertEquals(BlockMode.SHARED, mode());
  }

  @Test
  void shipsAChangedBlockOnlyWithDurableRedoAndKeepsAPastImage() {
    hold(Access.EXCLUSIVE);
    int frame = cache.state().find(BLOCK).frame;
    frames.version(frame, 4);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 6, NodeSet.NONE));
    assertEquals(
        List.of(new Sent(OTHER, new Data(BLOCK, 2, 4, true, NodeSet.NONE, 6))), effects.take());
    assertEquals(BlockMode.PAST_IMAGE, mode());
    cache.keeper().recvWritten(new CacheFusionMessage.Written(BLOCK, 3));
    assertEquals(BlockMode.PAST_IMAGE, mode(), "the disk is older still");
    cache.keeper().recvWritten(new CacheFusionMessage.Written(BLOCK, 4));
    assertEquals(BlockMode.NULL, mode());
  }

  @Test
  void aForwardWaitsForTheLastPin() {
    hold(Access.EXCLUSIVE);
    LeaseRequest writer = ask(Access.EXCLUSIVE);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.SHARED, OTHER, 6, NodeSet.NONE));
    assertEquals(List.of(), effects.take());
    giveBack(writer);
    assertInstanceOf(Data.class, effects.take().getFirst().message());
  }

  @Test
  void acknowledgesAnInvalidationOfWhatItDoesNotHold() {
    cache.holder().recvInvalidate(new Invalidate(BLOCK, 4, OTHER));
    assertEquals(List.of(new Sent(OTHER, new Ack(BLOCK, 4))), effects.take());
    ask(Access.SHARED);
    effects.take();
    cache.holder().recvInvalidate(new Invalidate(BLOCK, 5, OTHER));
    assertEquals(List.of(new Sent(OTHER, new Ack(BLOCK, 5))), effects.take());
  }

  @Test
  void freezesWhatItReleasesUntilTheAnswer() {
    hold(Access.SHARED);
    CacheEntry entry = cache.state().find(BLOCK);
    assertTrue(cache.holder().release(entry));
    assertEquals(List.of(new Sent(MASTER, new Release(BLOCK))), effects.take());
    assertEquals(FramePool.NONE, frames.pinShared(BLOCK.file(), BLOCK.number()));
    cache.requester().want(entry, Access.EXCLUSIVE, false);
    assertEquals(List.of(), effects.take(), "no request before the answer");
    cache.holder().recvReleaseRefused(new ReleaseRefused(BLOCK));
    assertEquals(entry.frame, frames.pinShared(BLOCK.file(), BLOCK.number()), "usable again");
  }

  @Test
  void freesWhatTheMasterHasTakenBack() {
    hold(Access.SHARED);
    cache.holder().release(cache.state().find(BLOCK));
    cache.holder().recvReleaseAccepted(new ReleaseAccepted(BLOCK));
    assertNull(cache.state().find(BLOCK));
    assertEquals(8, cache.state().freeCount());
  }

  @Test
  void doesNotReleaseWhatIsInUse() {
    hold(Access.SHARED);
    LeaseRequest reader = ask(Access.SHARED);
    assertEquals(false, cache.holder().release(cache.state().find(BLOCK)));
    giveBack(reader);
    CacheEntry entry = cache.state().find(BLOCK);
    entry.writing = true;
    assertEquals(false, cache.holder().release(entry));
    entry.writing = false;
    ask(Access.EXCLUSIVE);
    assertEquals(false, cache.holder().release(entry), "an upgrade is under way");
  }

  @Test
  void doesNotReleaseWhatIsGivenUpOrGoneOrNotDurable() {
    ask(Access.SHARED);
    assertEquals(false, cache.holder().release(cache.state().find(BLOCK)), "it has not come yet");
    cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE));
    cache.requester().onRead(effects.reads.removeFirst(), 3);
    CacheEntry entry = cache.state().find(BLOCK);
    frames.unpinShared(entry.frame);
    frames.redoLsn(entry.frame, 10);
    assertEquals(false, cache.holder().release(entry), "its redo is not durable");
    assertTrue(frames.isReadable(entry.frame));
    effects.durableLsn = 10;
    assertTrue(cache.holder().release(entry));
    assertEquals(false, cache.holder().release(entry), "it is being given up already");
  }

  @Test
  void aReleaseThatDoesNotFreezeStillSparesWhatIsPinned() {
    cache =
        cacheOf(
            new Rules() {
              @Override
              public boolean frozen(boolean releasing) {
                return false;
              }
            },
            4);
    hold(Access.SHARED);
    LeaseRequest reader = ask(Access.SHARED);
    assertEquals(false, cache.holder().release(cache.state().find(BLOCK)));
    giveBack(reader);
    assertTrue(cache.holder().release(cache.state().find(BLOCK)));
  }

  @Test
  void aRefusedReleaseStaysFrozenWhileTheForwardThatItCrossedWaits() {
    hold(Access.SHARED);
    CacheEntry entry = cache.state().find(BLOCK);
    cache.holder().release(entry);
    frames.redoLsn(entry.frame, 10);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 6, NodeSet.NONE));
    assertEquals(List.of(entry), effects.awaited);
    cache.holder().recvReleaseRefused(new ReleaseRefused(BLOCK));
    assertEquals(false, frames.isReadable(entry.frame));
    effects.durableLsn = 10;
    effects.take();
    cache.onDurable(entry);
    assertInstanceOf(Data.class, effects.take().getFirst().message());
    assertEquals(BlockMode.NULL, mode());
  }

  @Test
  void shipsWhatItIsGivingUpEvenIfItMayKeepNoPastImage() {
    cache = cacheOf(Rules.STANDARD, 0);
    hold(Access.EXCLUSIVE);
    CacheEntry entry = cache.state().find(BLOCK);
    cache.holder().release(entry);
    frames.version(entry.frame, 4);
    effects.take();
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 6, NodeSet.NONE));
    assertInstanceOf(Data.class, effects.take().getFirst().message());
    assertEquals(BlockMode.PAST_IMAGE, mode());
  }

  @Test
  void waitsForAFrameButPrefetchesOnlyIntoAFreeOne() {
    for (int number = 0; number < 8; number++) {
      cache
          .requester()
          .want(cache.state().findOrMake(new BlockId(2, number)), Access.SHARED, false);
    }
    effects.take();
    CacheEntry entry = cache.state().findOrMake(BLOCK);
    cache.requester().want(entry, Access.SHARED, true);
    assertEquals(false, entry.wantsFrame);
    cache.requester().want(entry, Access.SHARED, false);
    assertTrue(entry.wantsFrame);
    cache.requester().want(entry, Access.SHARED, false);
    assertEquals(List.of(), effects.take(), "no request without a frame for its image");
  }

  @Test
  void leavesThoseOutWhoHaveGivenUp() {
    LeaseRequest first = ask(Access.SHARED);
    LeaseRequest second = ask(Access.SHARED);
    assertTrue(first.abandon());
    cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE));
    cache.requester().onRead(effects.reads.removeFirst(), 3);
    assertInstanceOf(LeaseRequest.Abandoned.class, first.outcome());
    giveBack(second);
    assertEquals(false, frames.isPinned(cache.state().find(BLOCK).frame));
  }

  @Test
  void stopsAtMessagesThatFitNothing() {
    Forward forward = new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 6, NodeSet.NONE);
    assertBroken(() -> cache.holder().recvForward(forward));
    assertBroken(() -> cache.holder().recvReleaseAccepted(new ReleaseAccepted(BLOCK)));
    assertBroken(() -> cache.holder().recvReleaseRefused(new ReleaseRefused(BLOCK)));
    assertBroken(() -> cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE)));
    assertBroken(() -> cache.requester().recvRefused(new Refused(BLOCK)));
    assertBroken(() -> cache.requester().recvAck(OTHER, new Ack(BLOCK, 1)));
    assertBroken(
        () -> cache.requester().recvData(OTHER, new Data(BLOCK, 1, 1, false, NodeSet.NONE, 0)));
    ask(Access.EXCLUSIVE);
    assertBroken(() -> cache.holder().recvForward(forward));
    cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE));
    cache.requester().onRead(effects.reads.removeFirst(), 3);
    assertBroken(() -> cache.requester().recvGrant(new Grant(BLOCK, 1, true, NodeSet.NONE)));
    assertBroken(() -> cache.holder().recvReleaseAccepted(new ReleaseAccepted(BLOCK)));
  }

  @Test
  void stopsAtASecondRevocationOfABlock() {
    hold(Access.EXCLUSIVE);
    ask(Access.EXCLUSIVE);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.SHARED, OTHER, 6, NodeSet.NONE));
    assertBroken(
        () ->
            cache
                .holder()
                .recvForward(new Forward(BLOCK, 3, Access.SHARED, OTHER, 6, NodeSet.NONE)));
    assertBroken(() -> cache.holder().recvInvalidate(new Invalidate(BLOCK, 3, OTHER)));
  }

  @Test
  void stopsAtAGrantOfAnImageThatIsGone() {
    ask(Access.EXCLUSIVE);
    assertBroken(() -> cache.requester().recvGrant(new Grant(BLOCK, 1, false, NodeSet.NONE)));
  }

  @Test
  void stopsAtMessagesOfTwoTransactions() {
    ask(Access.EXCLUSIVE);
    cache.requester().recvAck(OTHER, new Ack(BLOCK, 7));
    assertBroken(() -> cache.requester().recvAck(OTHER, new Ack(BLOCK, 8)));
  }

  @Test
  void stopsAtAnImageThatMeetsAHeldOne() {
    hold(Access.SHARED);
    ask(Access.EXCLUSIVE);
    int ticket = cache.state().find(BLOCK).pending.frame;
    assertBroken(
        () ->
            cache.requester().recvData(OTHER, new Data(BLOCK, 3, 9, false, NodeSet.NONE, ticket)));
  }

  private static void assertBroken(Runnable step) {
    assertEquals(CoreErrors.INVARIANT_BROKEN, assertThrows(WeftException.class, step::run).code());
  }

  // ---- view change ---------------------------------------------------------------------------

  private void installView() {
    for (CacheEntry entry : cache.state().underWay()) {
      cache.requester().onInstall(entry);
      cache.holder().onInstall(entry);
    }
  }

  @Test
  void asksAgainForWhatIsStillWantedAndForgetsTheAnswers() {
    LeaseRequest request = ask(Access.EXCLUSIVE);
    int ticket = cache.state().find(BLOCK).pending.frame;
    cache.requester().recvData(OTHER, new Data(BLOCK, 5, 7, true, NodeSet.of(3), ticket));
    effects.take();
    installView();
    assertEquals(
        List.of(new Sent(MASTER, new Request(BLOCK, Access.EXCLUSIVE, false, ticket))),
        effects.take());
    assertNull(request.outcome());
    cache.requester().recvData(OTHER, new Data(BLOCK, 1, 8, true, NodeSet.NONE, ticket));
    assertInstanceOf(LeaseRequest.Granted.class, request.outcome());
    assertEquals(8, frames.version(cache.state().find(BLOCK).frame));
  }

  @Test
  void throwsAwayWhatIsReadFromDiskForAnOldGrant() {
    LeaseRequest request = ask(Access.SHARED);
    cache.requester().recvGrant(new Grant(BLOCK, 9, true, NodeSet.NONE));
    effects.take();
    installView();
    assertEquals(List.of(), effects.take(), "the storage still owns the frame");
    int ticket = cache.state().find(BLOCK).pending.frame;
    cache.requester().onRead(effects.reads.getFirst(), 3);
    assertEquals(
        List.of(new Sent(MASTER, new Request(BLOCK, Access.SHARED, false, ticket))),
        effects.take());
    assertNull(request.outcome());
  }

  @Test
  void aReleaseIsAskedForAgainAndTheBlockStaysFrozen() {
    hold(Access.SHARED);
    cache.holder().release(cache.state().find(BLOCK));
    effects.take();
    installView();
    assertEquals(List.of(new Sent(MASTER, new Release(BLOCK))), effects.take());
    assertEquals(
        Optional.empty(), cache.holder().report(cache.state().find(BLOCK)), "given up already");
    assertEquals(FramePool.NONE, frames.pinShared(BLOCK.file(), BLOCK.number()));
    cache.holder().recvReleaseAccepted(new ReleaseAccepted(BLOCK));
    assertNull(cache.state().find(BLOCK));
  }

  @Test
  void aRevocationThatWaitsIsVoidAndTheBlockUsableAgain() {
    hold(Access.EXCLUSIVE);
    CacheEntry entry = cache.state().find(BLOCK);
    frames.version(entry.frame, 4);
    frames.redoLsn(entry.frame, 10);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 0, NodeSet.NONE));
    assertEquals(FramePool.NONE, frames.pinShared(BLOCK.file(), BLOCK.number()));
    installView();
    int pinned = frames.pinShared(BLOCK.file(), BLOCK.number());
    assertEquals(entry.frame, pinned);
    frames.unpinShared(pinned);
    assertEquals(
        Optional.of(new RecoveryMessage.Held(BLOCK, CacheEntry.Right.EXCLUSIVE, 4, 0)),
        cache.holder().report(entry));
  }

  /** Holds a block exclusively, changed, to version 4. */
  private CacheEntry holdChanged(BlockId block) {
    LeaseRequest request = new LeaseRequest(block, Access.EXCLUSIVE, 0, 0, () -> {});
    cache.admission().enter();
    cache.leases().acquire(request);
    cache.requester().recvGrant(new Grant(block, 1, true, NodeSet.NONE));
    cache.requester().onRead(effects.reads.removeFirst(), 3);
    CacheEntry entry = cache.state().find(block);
    frames.version(entry.frame, 4);
    frames.unpinExclusive(entry.frame);
    cache.leases().pump(entry);
    return entry;
  }

  @Test
  void writesAChangedBlockBeforeItIsInvalidatedIfPastImagesAreMany() {
    cache = cacheOf(Rules.STANDARD, 1, 1);
    CacheEntry first = holdChanged(new BlockId(1, 1));
    CacheEntry second = holdChanged(new BlockId(1, 2));
    effects.take();
    cache.holder().recvInvalidate(new Invalidate(first.block, 2, OTHER));
    assertEquals(List.of(new Sent(OTHER, new Ack(first.block, 2))), effects.take());
    cache.holder().recvInvalidate(new Invalidate(second.block, 2, OTHER));
    assertEquals(List.of(), effects.take(), "another past image is too many");
    assertEquals(List.of(second), effects.writes);
  }

  @Test
  void givesUpNoMoreThanIsMissingWhileWritesWaitForABuffer() {
    cache = cacheOf(Rules.STANDARD, 8, 4);
    List<CacheEntry> held = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      held.add(holdChanged(new BlockId(1, i)));
    }
    for (int i = 0; i < 10; i++) {
      cache.reclaimer().work();
    }
    assertEquals(4, held.stream().filter(entry -> entry.evictWanted).count());
    assertEquals(1, effects.writes.size(), "there is one buffer");
  }

  @Test
  void writesItsPastImageForTheMasterThatRecoversTheBlock() {
    hold(Access.EXCLUSIVE);
    CacheEntry entry = cache.state().find(BLOCK);
    frames.version(entry.frame, 4);
    cache.holder().recvForward(new Forward(BLOCK, 2, Access.EXCLUSIVE, OTHER, 0, NodeSet.NONE));
    assertEquals(BlockMode.PAST_IMAGE, mode());
    installView();
    assertEquals(
        Optional.of(new RecoveryMessage.Held(BLOCK, CacheEntry.Right.NONE, 0, 4)),
        cache.holder().report(entry));
    effects.take();
    cache.keeper().recvWritePast(MASTER, new CacheFusionMessage.WritePast(BLOCK, 4));
    assertEquals(List.of(4L), effects.pastsWritten);
    cache.keeper().onPastWritten(MASTER, entry, 4);
    assertEquals(
        List.of(new Sent(MASTER, new CacheFusionMessage.PastWritten(BLOCK, 4))), effects.take());
    assertEquals(BlockMode.PAST_IMAGE, mode(), "the master has not read it yet");
    cache.keeper().recvWritten(new Written(BLOCK, 4));
    assertEquals(BlockMode.NULL, mode());
    cache.keeper().recvWritePast(MASTER, new CacheFusionMessage.WritePast(BLOCK, 4));
    assertEquals(
        List.of(new Sent(MASTER, new CacheFusionMessage.PastWritten(BLOCK, 0))),
        effects.take(),
        "this node has written nothing");
  }

  /** A past image of a block of its own, as if a changed one had been given up. */
  private CacheEntry pastImage(long number) {
    BlockId block = new BlockId(1, number);
    CacheEntry entry = cache.state().findOrMake(block);
    int frame = cache.state().take(entry);
    frames.version(frame, 5);
    cache.keeper().keep(entry, frame);
    return entry;
  }

  private static Quarantined nobodyWrites(CacheEntry entry) {
    return new Quarantined(entry.block, Quarantined.TO_KEEPER);
  }

  private List<BlockId> askedFor() {
    return effects.take().stream().map(sent -> sent.message().block()).toList();
  }

  /** Each takes a buffer: as many as there are past images would take much memory. */
  @Test
  void keepsAFewPastImagesAtATimeBesideTheBlocks() {
    List<CacheEntry> all = new ArrayList<>();
    for (int number = 0; number < 7; number++) {
      all.add(pastImage(number));
    }
    for (int time = 0; time < 2; time++) {
      all.forEach(entry -> cache.keeper().recvNobodyWrites(nobodyWrites(entry)));
      assertEquals(all.subList(0, Keeper.MOST_BEING_SAVED), effects.pastsKept);
    }
    cache.keeper().onPastSaved(all.get(0), 5);
    cache.keeper().onPastNotSaved(all.get(1), 10);
    cache.keeper().askForWrites(0);
    assertEquals(
        all.stream()
            .filter(entry -> !entry.pastSaved && !entry.pastBeingSaved)
            .map(entry -> entry.block)
            .toList(),
        askedFor());
    effects.pastsKept.clear();
    all.forEach(entry -> cache.keeper().recvNobodyWrites(nobodyWrites(entry)));
    assertEquals(List.of(all.get(4), all.get(5)), effects.pastsKept, "one has to pause");
    cache.keeper().onPastSaved(all.get(4), 5);
    effects.nowNs = 10;
    all.forEach(entry -> cache.keeper().recvNobodyWrites(nobodyWrites(entry)));
    assertEquals(List.of(all.get(4), all.get(5), all.get(1)), effects.pastsKept);
  }

  /** Whoever recovers the block has listed what is kept before, so nobody else removes it. */
  @Test
  void removesWhatItHasKeptWhenItsBlockIsRecovered() {
    CacheEntry kept = pastImage(0);
    CacheEntry late = pastImage(1);
    for (CacheEntry entry : List.of(kept, late)) {
      cache.keeper().recvNobodyWrites(nobodyWrites(entry));
    }
    cache.keeper().onPastSaved(kept, 5);
    assertEquals(List.of(), effects.keptDropped);
    cache.keeper().recvWritten(new Written(kept.block, 6));
    assertEquals(List.of(kept.block), effects.keptDropped);
    cache.keeper().recvWritten(new Written(late.block, 6));
    cache.keeper().onPastSaved(late, 5);
    assertEquals(List.of(kept.block, late.block), effects.keptDropped);
  }

  /** Its keeper learns that the block is served again, but has no hurry with that. */
  @Test
  void asksForAPastImageThatIsKeptAtItsAgeOnly() {
    CacheEntry kept = pastImage(0);
    CacheEntry other = pastImage(1);
    cache.keeper().recvNobodyWrites(nobodyWrites(kept));
    cache.keeper().onPastSaved(kept, 5);
    effects.nowNs = 10;
    cache.keeper().askForWrites(0);
    assertEquals(List.of(other.block), askedFor());
    cache.keeper().askForWrites(10);
    assertEquals(List.of(kept.block, other.block), askedFor());
    cache.keeper().recvWritten(new Written(kept.block, 6));
    cache.keeper().askForWrites(10);
    assertEquals(List.of(other.block), askedFor());
    assertEquals(FramePool.NONE, kept.pastImage);
  }
}
