// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.Category;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Durability;
import io.weft.api.ErrorCode;
import io.weft.api.ExclusiveLease;
import io.weft.api.Reading;
import io.weft.api.Scn;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.node.SimRuntime;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.session.LamportClock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What scopes and leases promise to those who use them, rightly and wrongly. */
final class ScopesTest {
  private static final int BLOCK = 2;
  private static final int ANOTHER = 5;

  private final Script script = new Script(2);
  private final CacheFusion cache = script.node(0).cache();

  @AfterEach
  void close() {
    script.close();
  }

  private BlockId id(int block) {
    Blocks blocks = script.cluster.history().blocks();
    return new BlockId(blocks.file(block), blocks.number(block));
  }

  private <T> CompletableFuture<T> begin(
      int block, Function<BlockId, CompletionStage<T>> asynchronously) {
    return asynchronously.apply(id(block)).toCompletableFuture();
  }

  private <T> T take(int block, Function<BlockId, CompletionStage<T>> asynchronously) {
    CompletableFuture<T> taken = begin(block, asynchronously);
    script.until(taken::isDone);
    return taken.join();
  }

  private ExclusiveLease takeToChange(Change change, int block) {
    return take(block, id -> change.exclusiveAsync(id.file(), id.number()));
  }

  private SharedLease takeToRead(Reading reading, int block) {
    return take(block, id -> reading.sharedAsync(id.file(), id.number()));
  }

  private MemorySegment write(Change change, ExclusiveLease lease, int block) {
    MemorySegment head = change.writable(lease, 0, 16);
    head.set(ValueLayout.JAVA_LONG, 0, lease.version() + 1);
    head.set(ValueLayout.JAVA_LONG, 8, block + 1);
    return head;
  }

  private static void assertFails(ErrorCode code, Runnable call) {
    assertSame(code, assertThrows(WeftException.class, call::run).code());
  }

  private boolean isDurable(int block) {
    return script.cluster.history().isDurable(block, script.cluster.history().latest(block));
  }

  // ---- outcomes ------------------------------------------------------------------------------

  @Test
  @Tag("API-11")
  void callsACommitUnknownWhoseTimeRunsOutAndTellsItsOutcomeLater() {
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    WeftException unknown =
        assertThrows(
            WeftException.class,
            () -> SimRuntime.givingUp(script.node(0).runtime(), () -> change.commit()));
    assertSame(CoreErrors.OUTCOME_UNKNOWN, unknown.code());
    assertSame(Category.UNDECIDED, unknown.code().category());
    assertEquals(1, script.cluster.history().latest(BLOCK), "it has taken effect");
    assertFalse(isDurable(BLOCK));

    CompletableFuture<Scn> again = change.commitAsync().toCompletableFuture();
    assertFalse(again.isDone(), "no outcome before it is durable");
    script.until(again::isDone);
    assertTrue(isDurable(BLOCK));
    assertTrue(unknown.getMessage().contains("SCN " + again.join().value() + " "));
    assertEquals(0, change.commit(), "the next commit is another one");
    assertEquals(1, script.cluster.history().latest(BLOCK), "and nothing was done twice");
  }

  /** The clock has been carried beyond what the registry has reserved. */
  @Test
  @Tag("API-11")
  void aCommitWithoutAReservedNumberChangesNothingAndMayBeRepeated() {
    LamportClock clock = script.node(0).process().clock();
    int[] asked = {0};
    clock.limit(() -> asked[0]++);
    clock.raise(clock.current());
    clock.observe(clock.current());
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    assertFails(MembershipErrors.REGISTRY_UNAVAILABLE, change::commitAsync);
    write(change, takeToChange(change, BLOCK), BLOCK);
    for (Durability durability : Durability.values()) { // all of them wait for the number
      assertFails(
          MembershipErrors.REGISTRY_UNAVAILABLE,
          () -> SimRuntime.givingUp(script.node(0).runtime(), () -> change.commit(durability)));
      write(change, takeToChange(change, BLOCK), BLOCK);
    }
    Thread.currentThread().interrupt();
    assertFails(
        CoreErrors.INTERRUPTED,
        () -> SimRuntime.givingUp(script.node(0).runtime(), () -> change.commit()));
    assertTrue(Thread.interrupted());
    assertEquals(5, asked[0]);
    assertEquals(0, script.cluster.history().latest(BLOCK));

    clock.raise(Long.MAX_VALUE);
    assertEquals(1, script.change(1, BLOCK), "and its lease was given back");
    write(change, takeToChange(change, BLOCK), BLOCK);
    CompletableFuture<Scn> committed = change.commitAsync().toCompletableFuture();
    script.until(committed::isDone);
    assertEquals(2, script.cluster.history().latest(BLOCK));
  }

  /** Somebody reserves more while the commit waits. */
  @Test
  void aCommitWaitsForAReservedNumber() {
    LamportClock clock = script.node(0).process().clock();
    clock.limit(() -> clock.raise(Long.MAX_VALUE));
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    CompletableFuture<Scn> committed = change.commitAsync().toCompletableFuture();
    script.until(committed::isDone);
    assertEquals(1, script.cluster.history().latest(BLOCK));
  }

  /** A new view, or an answer of the registry, may renew it a moment later. */
  @Test
  void anEndOfTheLeaseThatMayBeRenewedIsNotTheStopOfTheNode() {
    SimProcess process = script.node(0).process();
    Change change = cache.newChange();
    Reading reading = cache.newReading();
    write(change, takeToChange(change, BLOCK), BLOCK);
    takeToRead(reading, ANOTHER);
    process.views().lease(process.bootTime() - 1);
    assertFails(CoreErrors.NODE_LEASE_OVER, reading::close);
    assertFails(CoreErrors.NODE_LEASE_OVER, () -> change.commit(Durability.ASYNC));
    assertSame(Category.RETRYABLE, CoreErrors.NODE_LEASE_OVER.category());
    assertEquals(0, script.cluster.history().latest(BLOCK));

    process.views().lease(process.bootTime() + TimeUnit.SECONDS.toNanos(1));
    reading.close();
    write(change, takeToChange(change, BLOCK), BLOCK);
    process.views().revokeLease();
    assertFails(CoreErrors.NODE_STOPPED, () -> change.commit(Durability.ASYNC));
  }

  /** What was read under a lease that was over does not count, although the lease is renewed. */
  @Test
  @Tag("API-11")
  void aCommitThatHasFailedFailsAgainUntilTheChangeIsUsedAgain() {
    SimProcess process = script.node(0).process();
    Change change = cache.newChange();
    for (Durability durability : Durability.values()) {
      for (boolean writes : new boolean[] {false, true}) {
        ExclusiveLease lease = takeToChange(change, BLOCK);
        if (writes) {
          write(change, lease, BLOCK);
        }
        process.views().lease(process.bootTime() - 1);
        assertFails(CoreErrors.NODE_LEASE_OVER, () -> change.commit(durability));
        process.views().lease(process.bootTime() + TimeUnit.SECONDS.toNanos(1));
        assertFails(CoreErrors.NODE_LEASE_OVER, () -> change.commit(durability));
        assertFails(CoreErrors.NODE_LEASE_OVER, change::commitAsync);
      }
    }
    assertEquals(0, script.cluster.history().latest(BLOCK));
    change.abort();
    assertEquals(0, change.commit(), "a change of nothing");
    write(change, takeToChange(change, BLOCK), BLOCK);
    CompletableFuture<Scn> committed = change.commitAsync().toCompletableFuture();
    script.until(committed::isDone);
    assertTrue(committed.join().value() > 0);
    assertEquals(1, script.cluster.history().latest(BLOCK));
  }

  /** Who takes blocks again has given up waiting for the change before. */
  @Test
  void aCommitOfWhatWasReadTellsNothingOfAnUndecidedChangeBefore() {
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    SimRuntime runtime = script.node(0).runtime();
    assertFails(
        CoreErrors.OUTCOME_UNKNOWN, () -> SimRuntime.givingUp(runtime, () -> change.commit()));
    take(ANOTHER, id -> change.sharedAsync(id.file(), id.number()));
    assertEquals(0, change.commit(Durability.ASYNC));
  }

  /** The lease ends between the append and the acknowledgement: never "repeat it" (API-11). */
  @Test
  @Tag("API-11")
  void aCommitThatTookEffectBeforeTheLeaseEndedIsUndecided() {
    SimProcess process = script.node(0).process();
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    SimRuntime runtime = script.node(0).runtime();
    assertFails(
        CoreErrors.OUTCOME_UNKNOWN, () -> SimRuntime.givingUp(runtime, () -> change.commit()));
    process.views().lease(process.bootTime() - 1);
    assertFails(CoreErrors.OUTCOME_UNKNOWN, () -> change.commit(Durability.ASYNC));
    assertFails(CoreErrors.OUTCOME_UNKNOWN, change::commitAsync);
    process.views().lease(process.bootTime() + TimeUnit.SECONDS.toNanos(1));
    CompletableFuture<Scn> committed = change.commitAsync().toCompletableFuture();
    script.until(committed::isDone);
    assertTrue(committed.join().value() > 0);
    assertEquals(1, script.cluster.history().latest(BLOCK));
  }

  /** The log hangs, and callers whose time runs out come again and again. */
  @Test
  @Tag("API-8")
  void whoGivesUpWaitingForTheLogLeavesNothingBehind() {
    SimRuntime runtime = script.node(0).runtime();
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    Reading reading = cache.newReading();
    assertFails(
        CoreErrors.OUTCOME_UNKNOWN, () -> SimRuntime.givingUp(runtime, () -> change.commit()));
    int before = script.node(0).log().waiters();
    for (int i = 0; i < 10; i++) {
      assertFails(
          CoreErrors.OUTCOME_UNKNOWN, () -> SimRuntime.givingUp(runtime, () -> change.commit()));
      assertFails(
          CoreErrors.LEASE_TIMEOUT,
          () ->
              SimRuntime.givingUp(
                  runtime, () -> reading.shared(id(BLOCK).file(), id(BLOCK).number())));
      reading.sharedAsync(id(BLOCK).file(), id(BLOCK).number()).toCompletableFuture().cancel(false);
    }
    change.commitAsync().toCompletableFuture().cancel(false);
    assertEquals(before, script.node(0).log().waiters());
  }

  /** With assertions a segment ends with its lease, which fails while somebody uses it. */
  @Test
  void aLeaseWhoseSegmentIsInUseIsGivenBackAllTheSame() throws InterruptedException {
    cache.runOnOneThread(() -> {}); // nobody else can end a segment then
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    write(change, takeToChange(change, ANOTHER), ANOTHER);
    List<Throwable> thrown = new ArrayList<>();
    Thread other = Thread.ofPlatform().unstarted(change::close);
    other.setUncaughtExceptionHandler((_, error) -> thrown.add(error));
    other.start();
    other.join();
    assertEquals(1, thrown.size());
    assertEquals(WrongThreadException.class, thrown.getFirst().getClass());
    assertEquals(1, script.change(1, BLOCK));
    assertEquals(1, script.change(1, ANOTHER));
  }

  @Test
  void waitsForTheRedoOfWhatAChangeHasReadAndClosedBeforeItsEnd() {
    script.changeLazily(0, BLOCK);
    Change change = cache.newChange();
    take(BLOCK, id -> change.sharedAsync(id.file(), id.number())).close();
    CompletableFuture<Scn> committed = change.commitAsync().toCompletableFuture();
    assertFalse(committed.isDone());
    assertFalse(isDurable(BLOCK));
    script.until(committed::isDone);
    assertTrue(isDurable(BLOCK));
    assertEquals(0, committed.join().value());
  }

  @Test
  void doesNothingAtACommitWithoutADurability() {
    Change change = cache.newChange();
    write(change, takeToChange(change, BLOCK), BLOCK);
    assertThrows(NullPointerException.class, () -> change.commit(null));
    assertEquals(0, script.cluster.history().latest(BLOCK));
    change.close();
    assertThrows(NullPointerException.class, () -> cache.newReading(null));
  }

  // ---- the end -------------------------------------------------------------------------------

  @Test
  @Tag("API-9")
  @Tag("CC-2")
  void afterAStopEveryWaitingAndEveryLaterCallFails() {
    CacheFusion ended = script.node(0).cache();
    Change change = ended.newChange();
    Change other = script.node(1).cache().newChange();
    CompletableFuture<ExclusiveLease> waiting = takeWhatAnotherHolds(change, other);
    ended.fail(new WeftException(CoreErrors.INVARIANT_BROKEN, "planned"));
    script.until(waiting::isDone);
    CompletionException failed = assertThrows(CompletionException.class, waiting::join);
    assertSame(CoreErrors.NODE_STOPPED, ((WeftException) failed.getCause()).code());
    BlockId id = id(ANOTHER);
    assertFails(CoreErrors.NODE_STOPPED, () -> ended.newReading().shared(id.file(), id.number()));
    other.close();
  }

  @Test
  @Tag("CC-4")
  void aCallForAnEpochThatIsOverDoesNothing() {
    long epoch = script.node(0).process().views().epoch();
    CompletableFuture<Void> late =
        cache.startRecovery(epoch - 1, RecoveryRedo.NONE).toCompletableFuture();
    CompletableFuture<Void> again =
        cache.startRecovery(epoch, RecoveryRedo.NONE).toCompletableFuture();
    script.run(10 * Script.MS);
    assertFalse(late.isDone());
    assertFalse(again.isDone(), "it has been called for this view already");
    assertEquals(1, script.change(0, BLOCK));
    assertEquals(1, script.read(1, BLOCK));
    script.finish();
  }

  // ---- giving up -----------------------------------------------------------------------------

  private CompletableFuture<ExclusiveLease> takeWhatAnotherHolds(Change change, Change other) {
    take(BLOCK, id -> other.exclusiveAsync(id.file(), id.number()));
    CompletableFuture<ExclusiveLease> taking =
        begin(BLOCK, id -> change.exclusiveAsync(id.file(), id.number()));
    script.run(Script.MS);
    assertFalse(taking.isDone());
    return taking;
  }

  @Test
  @Tag("API-8")
  void givesTheBlockBackThatComesAfterItsCallerHasCancelled() {
    Change change = cache.newChange();
    Change other = script.node(1).cache().newChange();
    CompletableFuture<ExclusiveLease> taking = takeWhatAnotherHolds(change, other);
    taking.cancel(false);
    ExclusiveLease kept = takeToChange(change, ANOTHER);
    script.at(1, other::close);
    script.run(10 * Script.MS);
    assertEquals(id(ANOTHER), new BlockId(kept.file(), kept.number()), "the handle is not reused");
    takeToChange(other, BLOCK);
    other.close();
    change.close();
    script.finish();
  }

  @Test
  @Tag("API-8")
  void givesTheBlockBackThatComesAfterATimeOutOfItsStage() {
    Change change = cache.newChange();
    Change other = script.node(1).cache().newChange();
    CompletableFuture<ExclusiveLease> taking = takeWhatAnotherHolds(change, other);
    taking.orTimeout(1, TimeUnit.NANOSECONDS);
    assertThrows(CompletionException.class, taking::join);
    script.at(1, other::close);
    script.run(10 * Script.MS);
    takeToChange(other, BLOCK);
    other.close();
    script.finish();
  }

  @Test
  void givesTheBlockBackThatComesAfterItsScopeIsClosed() {
    Change change = cache.newChange();
    Change other = script.node(1).cache().newChange();
    CompletableFuture<ExclusiveLease> taking = takeWhatAnotherHolds(change, other);
    change.close();
    CompletionException closed = assertThrows(CompletionException.class, taking::join);
    assertSame(CoreErrors.ILLEGAL_USE, ((WeftException) closed.getCause()).code());
    script.at(1, other::close);
    script.run(10 * Script.MS);
    takeToChange(other, BLOCK);
    other.close();
    script.finish();
  }

  @Test
  @Tag("API-4")
  void refusesToTakeAnotherBlockWhileOneIsBeingTaken() {
    Change change = cache.newChange();
    Change other = script.node(1).cache().newChange();
    takeWhatAnotherHolds(change, other);
    assertFails(CoreErrors.ILLEGAL_USE, () -> change.tryShared(1, 9));
    assertFails(CoreErrors.ILLEGAL_USE, change::commit);
    other.close();
    change.close();
    script.finish();
  }

  // ---- back pressure -------------------------------------------------------------------------

  @Test
  void leavesOutOfAPrefetchWhatHasNoPlace() {
    cache.prefetch(1, 0, Integer.MAX_VALUE);
    cache.prefetch(1, Long.MAX_VALUE - 1, Integer.MAX_VALUE);
    script.run(10 * Script.MS);
    assertTrue(cache.statistics().framesFree() < cache.statistics().frames());
    script.finish();
  }

  @Test
  void refusesCallsThatComeFasterThanTheyEnd() {
    script.changeLazily(0, BLOCK);
    List<CompletableFuture<Void>> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(cache.writeBack().toCompletableFuture());
    }
    assertEquals(36, calls.stream().filter(CompletableFuture::isCompletedExceptionally).count());
    CompletionException refused = assertThrows(CompletionException.class, calls.getLast()::join);
    assertSame(CoreErrors.BACK_PRESSURED, ((WeftException) refused.getCause()).code());
    script.until(() -> calls.stream().allMatch(CompletableFuture::isDone));
    CompletableFuture<Void> next = cache.writeBack().toCompletableFuture();
    script.until(next::isDone);
    next.join();
    script.finish();
  }

  // ---- wrong use -----------------------------------------------------------------------------

  @Test
  @Tag("API-3")
  void letsNobodyUseASegmentAfterTheEndOfItsLease() {
    Change change = cache.newChange();
    ExclusiveLease lease = takeToChange(change, BLOCK);
    MemorySegment content = lease.content();
    MemorySegment written = write(change, lease, BLOCK);
    assertEquals(1, content.get(ValueLayout.JAVA_LONG, 0));
    change.commit(Durability.ASYNC);
    assertThrows(IllegalStateException.class, () -> written.set(ValueLayout.JAVA_LONG, 0, 7));
    assertThrows(IllegalStateException.class, () -> content.get(ValueLayout.JAVA_LONG, 0));

    MemorySegment undone = write(change, takeToChange(change, BLOCK), BLOCK);
    change.abort();
    assertThrows(IllegalStateException.class, () -> undone.set(ValueLayout.JAVA_LONG, 0, 7));
    Reading reading = cache.newReading();
    SharedLease shared = takeToRead(reading, BLOCK);
    MemorySegment read = shared.content();
    shared.close();
    assertThrows(IllegalStateException.class, () -> read.get(ValueLayout.JAVA_LONG, 0));
  }

  @Test
  @Tag("API-3")
  void saysThatALeaseIsClosed() {
    Reading reading = cache.newReading();
    SharedLease lease = takeToRead(reading, BLOCK);
    reading.close();
    assertFails(CoreErrors.ILLEGAL_USE, lease::content);
    assertFails(CoreErrors.ILLEGAL_USE, lease::version);
    assertFails(CoreErrors.ILLEGAL_USE, lease::mode);
    lease.close();
  }

  @Test
  @Tag("API-5")
  @Tag("API-6")
  void saysThatTheScopeHoldsABlockAlready() {
    Change change = cache.newChange();
    takeToChange(change, BLOCK);
    BlockId id = id(BLOCK);
    assertFails(CoreErrors.ALREADY_LEASED, () -> change.shared(id.file(), id.number()));
    assertFails(CoreErrors.ALREADY_LEASED, () -> change.tryExclusive(id.file(), id.number()));
    assertFails(CoreErrors.LEASE_ORDER, () -> change.shared(id.file(), id.number() - 1));
    change.close();
  }

  @Test
  @Tag("API-4")
  void saysAtOnceThatAThreadWouldWaitForItself() {
    Reading reading = cache.newReading();
    Change change = cache.newChange();
    BlockId id = id(BLOCK);
    takeToRead(reading, BLOCK).close();
    reading.shared(id.file(), id.number());
    assertFails(CoreErrors.ALREADY_LEASED, () -> change.exclusive(id.file(), id.number()));
    reading.close();
    takeToChange(change, BLOCK);
    change.close();
    change.exclusive(id.file(), id.number());
    assertFails(CoreErrors.ALREADY_LEASED, () -> reading.shared(id.file(), id.number()));
    change.close();
  }
}
