// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.ExclusiveLease;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockedBlock;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.node.SimRuntime;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.spi.directory.Buckets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Taking a global lock and a block in one call, and each way in which that can fail. */
final class LockedBlockTest {
  private static final int BLOCK = 2;

  /** Frames of a node of the script. */
  private static final int FRAMES = 16;

  private static final LockName A = LockName.of("a");
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(50);

  private final Script script = new Script(2);
  private final CacheFusion cache = script.node(0).cache();
  private final LockOwner owner = cache.locks().newOwner("first");
  private final LockOwner other = script.node(1).cache().locks().newOwner("other");
  private final Change change = cache.newChange();
  private final Reading reading = cache.newReading();

  @AfterEach
  void close() {
    script.close();
  }

  /** What the owner has of the lock before the call. */
  private enum Before {
    NOTHING(Optional.empty()),
    LESS(Optional.of(LockMode.CR)),
    ENOUGH(Optional.of(LockMode.EX));

    private final Optional<LockMode> mode;

    Before(Optional<LockMode> mode) {
      this.mode = mode;
    }
  }

  // ---- a user of the script ------------------------------------------------------------------

  private BlockId id(int block) {
    Blocks blocks = script.cluster.history().blocks();
    return new BlockId(blocks.file(block), blocks.number(block));
  }

  private <T> T done(CompletionStage<T> stage) {
    CompletableFuture<T> all = stage.toCompletableFuture();
    script.until(all::isDone);
    return all.join();
  }

  private ErrorCode failure(CompletionStage<?> stage) {
    CompletableFuture<?> all = stage.toCompletableFuture();
    script.until(all::isDone);
    return ((WeftException) all.exceptionNow()).code();
  }

  /** What a call at node 0 throws. */
  private WeftException error(Runnable call) {
    return assertThrows(WeftException.class, () -> step(0, call));
  }

  /** Does something as a step of a node. */
  private void step(int node, Runnable call) {
    at(
        node,
        () -> {
          call.run();
          return true;
        });
  }

  private <T> T at(int node, Supplier<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    script.at(
        node,
        () -> {
          try {
            result.complete(call.get());
          } catch (WeftException | AssertionError e) {
            result.completeExceptionally(e);
          }
        });
    script.until(result::isDone);
    if (result.isCompletedExceptionally() && result.exceptionNow() instanceof WeftException e) {
      throw e;
    }
    return result.join();
  }

  private void close(LockedBlock<?> both) {
    step(0, both::close);
  }

  private void close(Change of) {
    step(1, of::close);
  }

  private void acquire(LockOwner of, LockMode mode) {
    done(at(of == other ? 1 : 0, () -> of.acquireAsync(A, mode, LONG)));
  }

  private void release(LockOwner of) {
    step(of == other ? 1 : 0, () -> of.release(A));
  }

  private CompletionStage<LockedBlock<ExclusiveLease>> changing(Duration timeout) {
    return at(
        0,
        () ->
            change.exclusiveUnderAsync(
                owner, A, LockMode.EX, id(BLOCK).file(), id(BLOCK).number(), timeout));
  }

  private LockedBlock<ExclusiveLease> changeNow() {
    return SimRuntime.givingUp(
        script.node(0).runtime(),
        () ->
            change.exclusiveUnder(
                owner, A, LockMode.EX, id(BLOCK).file(), id(BLOCK).number(), LONG));
  }

  private void write(ExclusiveLease lease) {
    MemorySegment head = change.writable(lease, 0, 16);
    head.set(ValueLayout.JAVA_LONG, 0, lease.version() + 1);
    head.set(ValueLayout.JAVA_LONG, 8, BLOCK + 1);
  }

  private void begin(Before before) {
    before.mode.ifPresent(mode -> acquire(owner, mode));
  }

  /** The owner has of the lock what it had before, and nobody has anything of the block. */
  private void assertAsBefore(Before before) {
    if (before.mode.isPresent()) {
      assertEquals(before.mode.get(), owner.mode(A));
      release(owner);
    } else {
      assertSame(LockErrors.LOCK_NOT_HELD, error(() -> owner.mode(A)).code());
    }
    acquire(other, LockMode.EX);
    release(other);
    script.change(1, BLOCK);
  }

  /** Takes the block at the other node. */
  private Change blockTaken() {
    Change taken = script.node(1).cache().newChange();
    done(at(1, () -> taken.exclusiveAsync(id(BLOCK).file(), id(BLOCK).number())));
    return taken;
  }

  private void rest() {
    script.run(50 * Script.MS);
  }

  // ---- both ----------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  @Tag("LK-7")
  @Tag("LK-9")
  void takesBothAndGivesBothBack(Before before) {
    begin(before);
    LockedBlock<ExclusiveLease> both = done(changing(LONG));
    assertEquals(A, both.name());
    assertEquals(id(BLOCK).number(), both.lease().number());
    assertEquals(LockMode.EX, owner.mode(A));
    CompletableFuture<Void> lock =
        at(1, () -> other.acquireAsync(A, LockMode.EX, LONG)).toCompletableFuture();
    CompletableFuture<Long> block = script.changing(1, BLOCK);
    rest();
    assertFalse(lock.isDone() || block.isDone());
    close(both);
    close(both);
    script.until(block::isDone);
    before.mode.ifPresent(_ -> release(owner));
    done(lock);
    release(other);
    assertSame(LockErrors.LOCK_NOT_HELD, error(() -> owner.release(A)).code());
  }

  @Test
  @Tag("LK-7")
  void takesTheLockFirst() {
    acquire(other, LockMode.PR);
    CompletionStage<LockedBlock<ExclusiveLease>> waiting = changing(LONG);
    rest();
    script.change(1, BLOCK);
    assertFalse(waiting.toCompletableFuture().isDone());
    release(other);
    done(waiting).close();
  }

  @Test
  @Tag("LK-7")
  void readersShareBoth() {
    List<LockedBlock<SharedLease>> all = new ArrayList<>();
    for (LockOwner each : List.of(owner, other)) {
      Reading scope = (each == owner ? cache : script.node(1).cache()).newReading();
      CompletionStage<LockedBlock<SharedLease>> call =
          at(
              each == owner ? 0 : 1,
              () ->
                  scope.sharedUnderAsync(
                      each, A, LockMode.PR, id(BLOCK).file(), id(BLOCK).number(), LONG));
      all.add(done(call));
    }
    step(0, all.get(0)::close);
    step(1, all.get(1)::close);
    assertAsBefore(Before.NOTHING);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-7")
  void takesWhatTheNodeHasWithoutWaiting(Before before) {
    script.take(0, BLOCK);
    acquire(owner, LockMode.EX);
    release(owner);
    begin(before);
    LockedBlock<ExclusiveLease> both = at(0, this::changeNow);
    assertEquals(LockMode.EX, owner.mode(A));
    close(both);
    assertAsBefore(before);
  }

  // ---- failures ------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void theBlockDoesNotArriveInTime(Before before) {
    begin(before);
    Change taken = blockTaken();
    assertSame(CoreErrors.LEASE_TIMEOUT, failure(changing(SHORT)));
    close(taken);
    assertAsBefore(before);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void theBlockDoesNotArriveInTimeForACallerThatBlocks(Before before) {
    acquire(owner, LockMode.EX); // so that the node has the lock
    release(owner);
    begin(before);
    Change taken = blockTaken();
    assertSame(CoreErrors.LEASE_TIMEOUT, error(this::changeNow).code());
    assertSame(
        CoreErrors.INTERRUPTED,
        error(
                () -> {
                  Thread.currentThread().interrupt();
                  changeNow();
                })
            .code());
    assertTrue(Thread.interrupted());
    close(taken);
    assertAsBefore(before);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void noFrameIsFree(Before before) {
    begin(before);
    BlockId first = id(0);
    done(at(0, () -> change.exclusiveAsync(first.file(), first.number())));
    List<Reading> readers = new ArrayList<>();
    for (int i = 1; i < FRAMES; i++) {
      BlockId id = new BlockId(first.file(), 1_000 + i * Buckets.EXTENT_BLOCKS);
      readers.add(cache.newReading());
      done(at(0, () -> readers.getLast().sharedAsync(id.file(), id.number())));
    }
    assertSame(CoreErrors.FRAMES_EXHAUSTED, failure(changing(LONG)));
    step(0, () -> readers.forEach(Reading::close));
    assertAsBefore(before);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void theMembershipLeaseIsOver(Before before) {
    begin(before);
    SimProcess process = script.node(0).process();
    process.views().lease(process.bootTime() - 1);
    CompletableFuture<?> failed;
    try {
      failed = changing(LONG).toCompletableFuture();
    } catch (WeftException e) {
      failed = CompletableFuture.failedFuture(e);
    }
    assertSame(CoreErrors.NODE_LEASE_OVER, failure(failed));
    process.views().lease(process.bootTime() + LONG.toNanos());
    assertAsBefore(before);
  }

  @Test
  @Tag("LK-8")
  void theLockIsNotGrantedInTime() {
    acquire(other, LockMode.PR);
    assertSame(LockErrors.LOCK_TIMEOUT, failure(changing(SHORT)));
    assertSame(LockErrors.LOCK_TIMEOUT, error(this::changeNow).code());
    release(other);
    assertAsBefore(Before.NOTHING);
  }

  @Test
  @Tag("LK-8")
  void misuseTakesNothing() {
    int file = id(BLOCK).file();
    long number = id(BLOCK).number();
    acquire(owner, LockMode.CW);
    assertSame(
        LockErrors.BAD_CONVERSION,
        error(() -> reading.sharedUnderAsync(owner, A, LockMode.PR, file, number, LONG)).code());
    assertSame(
        CoreErrors.ILLEGAL_USE,
        error(() -> reading.sharedUnderAsync(other, A, LockMode.CR, file, number, LONG)).code());
    done(at(0, () -> reading.sharedAsync(file, number)));
    assertSame(
        CoreErrors.ALREADY_LEASED,
        error(() -> reading.sharedUnderAsync(owner, A, LockMode.EX, file, number, LONG)).code());
    step(0, reading::close);
    assertEquals(LockMode.CW, owner.mode(A));
    release(owner);
    assertAsBefore(Before.NOTHING);
  }

  /** How a caller ends a call that waits. */
  private enum End {
    CANCEL,
    COMPLETE,
    CLOSE_SCOPE
  }

  private void end(CompletableFuture<?> waiting, End end) {
    switch (end) {
      case CANCEL -> step(0, () -> waiting.cancel(false));
      case COMPLETE ->
          step(0, () -> waiting.completeExceptionally(new IllegalStateException("not wanted")));
      case CLOSE_SCOPE -> step(0, change::close);
    }
    assertTrue(waiting.isCompletedExceptionally());
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void theCallerGivesUpWhileItWaitsForTheLock(End end) {
    acquire(other, LockMode.PR);
    CompletableFuture<?> waiting = changing(LONG).toCompletableFuture();
    rest();
    end(waiting, end);
    release(other);
    rest();
    assertAsBefore(Before.NOTHING);
    close(done(changing(LONG)));
  }

  @ParameterizedTest
  @EnumSource
  @Tag("LK-8")
  void theCallerGivesUpWhileItWaitsForTheBlock(End end) {
    for (Before before : Before.values()) {
      begin(before);
      Change taken = blockTaken();
      CompletableFuture<?> waiting = changing(LONG).toCompletableFuture();
      rest();
      assertEquals(LockMode.EX, owner.mode(A));
      end(waiting, end);
      close(taken);
      rest();
      assertAsBefore(before);
    }
    close(done(changing(LONG)));
  }

  /** Nothing of a call that is cancelled at any moment is left. */
  @Test
  @Tag("LK-8")
  void theCallerGivesUpAtAnyMoment() {
    for (int steps = 0; steps < 60; steps++) {
      script.change(1, BLOCK);
      CompletableFuture<LockedBlock<ExclusiveLease>> call = changing(LONG).toCompletableFuture();
      script.steps(steps);
      if (!at(0, () -> call.cancel(false))) {
        close(call.join());
      }
      assertAsBefore(Before.NOTHING);
    }
  }

  @Test
  @Tag("LK-8")
  void theNodeStopsWhileTheCallWaits() {
    blockTaken();
    CompletableFuture<?> waiting = changing(LONG).toCompletableFuture();
    rest();
    script.node(0).expectStop();
    step(0, () -> cache.fail(new WeftException(CoreErrors.NODE_STOPPED, "planted")));
    assertSame(CoreErrors.NODE_STOPPED, failure(waiting));
  }

  // ---- giving back ---------------------------------------------------------------------------

  @Test
  @Tag("LK-9")
  void givesBackWhatACommitHasLeft() {
    LockedBlock<ExclusiveLease> both = done(changing(LONG));
    done(
        at(
            0,
            () -> {
              write(both.lease());
              return change.commitAsync();
            }));
    assertEquals(LockMode.EX, owner.mode(A));
    close(both);
    assertAsBefore(Before.NOTHING);
  }

  @Test
  @Tag("LK-9")
  void abortsWhatWasNotCommitted() {
    LockedBlock<ExclusiveLease> both = done(changing(LONG));
    step(0, () -> write(both.lease()));
    close(both);
    assertAsBefore(Before.NOTHING);
    assertEquals(1, script.cluster.history().latest(BLOCK), "the change of the other node only");
  }

  @Test
  @Tag("LK-9")
  void respectsWhatTheOwnerHasDoneWithTheLock() {
    LockedBlock<ExclusiveLease> both = done(changing(LONG));
    release(owner);
    acquire(owner, LockMode.PR); // another use of the lock
    close(both);
    assertEquals(LockMode.PR, owner.mode(A));
    release(owner);

    acquire(owner, LockMode.PR);
    both = done(changing(LONG));
    step(0, () -> owner.convertDown(A, LockMode.CR, new byte[] {7}));
    close(both);
    assertEquals(LockMode.CR, owner.mode(A));
    release(owner);
    assertAsBefore(Before.NOTHING);
  }

  @Test
  @Tag("LK-9")
  void theOwnerKeepsALockThatItIsConverting() {
    acquire(other, LockMode.CR);
    LockedBlock<SharedLease> both =
        done(
            at(
                0,
                () ->
                    reading.sharedUnderAsync(
                        owner, A, LockMode.PR, id(BLOCK).file(), id(BLOCK).number(), LONG)));
    CompletionStage<Void> conversion = at(0, () -> owner.convertAsync(A, LockMode.EX, LONG));
    assertSame(LockErrors.LOCK_HELD, error(both::close).code());
    script.change(1, BLOCK); // the block went back
    release(other);
    done(conversion);
    release(owner);
    assertAsBefore(Before.NOTHING);
  }

  @Test
  @Tag("LK-9")
  void givesBothBackIfTheFirstThrows() {
    LockedBlock<ExclusiveLease> both = done(changing(LONG));
    SimProcess process = script.node(0).process();
    process.views().lease(process.bootTime() - 1);
    WeftException thrown = error(both::close);
    assertSame(CoreErrors.NODE_LEASE_OVER, thrown.code());
    assertEquals(1, thrown.getSuppressed().length, "both parts found the lease over");
    process.views().lease(process.bootTime() + LONG.toNanos());
    close(both);
    assertAsBefore(Before.NOTHING);
  }
}
