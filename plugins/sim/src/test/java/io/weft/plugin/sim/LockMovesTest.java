// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.plugin.sim.options.Faults;
import io.weft.spi.directory.Buckets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Locks that follow their bucket to another master, one situation at a time. Nodes 0 and 1 have the
 * users; the bucket moves between nodes 2 and 3.
 */
final class LockMovesTest {
  /** So many steps later, a move has certainly ended. */
  private static final int STEPS = 60;

  /** A lock that node 2 masters in the first view. */
  private static LockName lockOf(Script script, int skip) {
    int found = 0;
    for (int i = 0; ; i++) {
      LockName name = LockName.of("moved " + i);
      int bucket = Buckets.ofHash(name.hash());
      if (script.node(0).masters().orElseThrow().masterOfBucket(bucket) == 2 && found++ == skip) {
        return name;
      }
    }
  }

  private static CompletableFuture<Void> moving(Script script, LockName name, int from, int to) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    script.at(
        from,
        () ->
            script
                .node(from)
                .cache()
                .moveBucket(Buckets.ofHash(name.hash()), to)
                .whenComplete((nothing, error) -> done.complete(null)));
    return done;
  }

  private static void move(Script script, LockName name, int from, int to) {
    CompletableFuture<Void> moved = moving(script, name, from, to);
    script.until(moved::isDone);
    rest(script);
  }

  private static void rest(Script script) {
    script.run(50 * Script.MS);
  }

  private static long mastered(Script script, int node) {
    return script.node(node).cache().locks().statistics().mastered();
  }

  @Test
  void aLockFollowsItsBucketWithHoldersAndQueue() {
    try (Script script = new Script(4)) {
      LockName name = lockOf(script, 0);
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser waiter = LockScriptUser.at(script, 1);
      holder.acquire(name, LockMode.EX);
      CompletableFuture<Void> waiting = waiter.acquiring(name, LockMode.PR);
      rest(script);
      assertEquals(1, mastered(script, 2));
      move(script, name, 2, 3);
      assertEquals(0, mastered(script, 2));
      assertEquals(1, mastered(script, 3));
      assertFalse(waiting.isDone());
      holder.release(name, (byte) 3);
      waiter.done(waiting).join();
      assertArrayEquals(new byte[] {3}, waiter.owner().value(name).bytes());
      move(script, name, 3, 2);
      assertEquals(1, mastered(script, 2));
      waiter.release(name);
      holder.acquire(name, LockMode.EX);
      assertArrayEquals(new byte[] {3}, holder.owner().value(name).bytes(), "moved twice");
    }
  }

  /** A bucket whose locks nobody has used in this view moves, too. */
  @Test
  void aLockThatIsUsedAfterTheMoveHasTheNewMaster() {
    try (Script script = new Script(4)) {
      LockName name = lockOf(script, 0);
      move(script, name, 2, 3);
      LockScriptUser user = LockScriptUser.at(script, 0);
      user.acquire(name, LockMode.EX);
      rest(script);
      assertEquals(1, mastered(script, 3));
      assertEquals(LockValue.ABSENT, user.owner().value(name));
    }
  }

  /** The master fails, and the next one hands the bucket over before anybody uses the lock. */
  @Test
  @Tag("LK-1")
  void aLockIsRebuiltBeforeItIsHandedOver() {
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 5, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        int bucket = Buckets.ofHash(name.hash());
        LockScriptUser holder = LockScriptUser.at(script, 0);
        holder.acquire(name, LockMode.EX);
        rest(script);
        script.kill(2);
        script.settle();
        int master = script.node(0).masters().orElseThrow().masterOfBucket(bucket);
        move(script, name, master, (master + 1) % 5 == 2 ? 3 : (master + 1) % 5);
        LockScriptUser other = LockScriptUser.at(script, 1);
        assertFalse(other.tries(name, LockMode.EX));
        CompletableFuture<Void> waiting = other.acquiring(name, LockMode.EX);
        rest(script);
        assertFalse(waiting.isDone());
        holder.release(name, (byte) 4);
        other.done(waiting).join();
        assertArrayEquals(new byte[] {4}, other.owner().value(name).bytes());
      }
    }
  }

  @Test
  @Tag("LK-1")
  void aMoveDuringAContendedHandOver() {
    for (int steps = 0; steps < STEPS; steps += 2) {
      try (Script script = new Script(steps + 1, 4, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        List<LockScriptUser> users = new ArrayList<>();
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          users.add(LockScriptUser.at(script, i % 2));
          calls.add(users.getLast().acquiring(name, LockMode.EX));
        }
        script.steps(steps);
        CompletableFuture<Void> there = moving(script, name, 2, 3);
        int seen = 0;
        List<CompletableFuture<Void>> left = new ArrayList<>(calls);
        while (!left.isEmpty()) {
          script.until(() -> left.stream().anyMatch(CompletableFuture::isDone));
          assertEquals(1, left.stream().filter(CompletableFuture::isDone).count());
          CompletableFuture<Void> next =
              left.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow();
          next.join();
          left.remove(next);
          LockScriptUser user = users.get(calls.indexOf(next));
          LockValue value = user.owner().value(name);
          assertEquals(seen, value.isValid() ? value.bytes()[0] : 0, "the value written last");
          user.release(name, (byte) ++seen);
        }
        script.until(there::isDone);
      }
    }
  }

  @Test
  void aMoveDuringARevocationThatIsThenTakenBack() {
    for (int steps = 0; steps < STEPS; steps += 2) {
      try (Script script = new Script(steps + 1, 4, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        LockScriptUser holder = LockScriptUser.at(script, 0);
        LockScriptUser newcomer = LockScriptUser.at(script, 0);
        LockScriptUser writer = LockScriptUser.at(script, 1);
        holder.acquire(name, LockMode.PR);
        CompletableFuture<Void> brief =
            writer.acquiring(name, LockMode.EX, Duration.ofMillis(1 + steps % 7));
        CompletableFuture<Void> moved = moving(script, name, 2, 3);
        script.steps(steps);
        assertEquals(LockErrors.LOCK_TIMEOUT, writer.code(brief));
        script.until(moved::isDone);
        rest(script);
        newcomer.acquire(name, LockMode.PR); // beside the holder
        assertFalse(writer.tries(name, LockMode.EX));
        CompletableFuture<Void> lasting = writer.acquiring(name, LockMode.EX);
        rest(script);
        assertFalse(lasting.isDone());
        holder.release(name);
        newcomer.release(name);
        writer.done(lasting).join();
      }
    }
  }

  @Test
  void aMoveDuringACollectionOfWaits() {
    for (int after = 200; after < 600; after += 25) {
      try (Script script = new Script(after, 4, Faults.NONE)) {
        LockName a = lockOf(script, 0);
        LockName b = lockOf(script, 1);
        LockScriptUser first = LockScriptUser.at(script, 0);
        LockScriptUser second = LockScriptUser.at(script, 1);
        first.acquire(a, LockMode.EX);
        second.acquire(b, LockMode.EX);
        CompletableFuture<Void> one = first.acquiring(b, LockMode.EX);
        CompletableFuture<Void> two = second.acquiring(a, LockMode.EX);
        script.run(after * Script.MS);
        moving(script, a, 2, 3);
        script.until(() -> one.isDone() || two.isDone());
        boolean isFirst = one.isDone();
        LockScriptUser victim = isFirst ? first : second;
        assertEquals(LockErrors.DEADLOCK, victim.code(isFirst ? one : two));
        victim.release(isFirst ? a : b);
        (isFirst ? second.done(two) : first.done(one)).join();
        script.run(1_000 * Script.MS);
        assertEquals(
            1,
            script.cluster.nodes().alive().stream()
                .mapToLong(node -> node.cache().locks().statistics().deadlocks())
                .sum());
      }
    }
  }

  /** Moves follow each other at once, there and back, while the lock is used. */
  @Test
  void movesThatOvertakeEachOther() {
    for (int seed = 1; seed <= 20; seed++) {
      try (Script script = new Script(seed, 4, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        LockScriptUser one = LockScriptUser.at(script, 0);
        LockScriptUser other = LockScriptUser.at(script, 1);
        for (int i = 0; i < 12; i++) {
          int from = 2 + i % 2;
          CompletableFuture<Void> moved = moving(script, name, from, 5 - from);
          LockScriptUser user = i % 3 == 0 ? one : other;
          user.acquire(name, LockMode.EX);
          LockValue value = user.owner().value(name);
          assertEquals(i, value.isValid() ? value.bytes()[0] : 0);
          user.release(name, (byte) (i + 1));
          script.until(moved::isDone);
        }
      }
    }
  }

  @Test
  @Tag("LK-4")
  void theFormerMasterFails() {
    masterFails(2);
  }

  @Test
  @Tag("LK-4")
  void theNextMasterFails() {
    masterFails(3);
  }

  /** One of the two masters fails, so many steps after the begin of the move. */
  private static void masterFails(int victim) {
    for (int steps = 0; steps < STEPS; steps += 3) {
      try (Script script = new Script(steps + 1, 4, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        LockScriptUser holder = LockScriptUser.at(script, 0);
        LockScriptUser waiter = LockScriptUser.at(script, 1);
        holder.acquire(name, LockMode.EX);
        CompletableFuture<Void> waiting = waiter.acquiring(name, LockMode.PR);
        rest(script);
        moving(script, name, 2, 3);
        script.steps(steps);
        script.kill(victim);
        script.settle();
        rest(script);
        assertFalse(waiting.isDone());
        holder.release(name, (byte) 3);
        waiter.done(waiting).join();
        assertArrayEquals(new byte[] {3}, waiter.owner().value(name).bytes());
      }
    }
  }

  /** A view change meets a move: the value is the last one, or it is said to be lost. */
  @Test
  @Tag("LK-5")
  void aValueIsNeverAnOldOneAfterAMoveThatAViewHasEnded() {
    int valid = 0;
    for (int steps = 0; steps < STEPS; steps += 2) {
      try (Script script = new Script(steps + 1, 5, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        LockScriptUser writer = LockScriptUser.at(script, 0);
        LockScriptUser reader = LockScriptUser.at(script, 1);
        for (int i = 1; i <= 2; i++) {
          writer.acquire(name, LockMode.EX);
          writer.release(name, (byte) i);
          reader.acquire(name, LockMode.PR);
          reader.release(name);
        }
        CompletableFuture<Void> moved = moving(script, name, 2, 3);
        script.steps(steps);
        script.kill(4); // has had nothing to do with it
        script.settle();
        script.until(moved::isDone);
        rest(script);
        reader.acquire(name, LockMode.EX);
        LockValue value = reader.owner().value(name);
        if (value.isValid()) {
          valid++;
          assertArrayEquals(new byte[] {2}, value.bytes());
        } else {
          assertEquals(LockValue.LOST, value);
        }
        reader.release(name, (byte) 9);
        writer.acquire(name, LockMode.PR);
        assertArrayEquals(new byte[] {9}, writer.owner().value(name).bytes());
      }
    }
    assertTrue(valid > 0);
  }

  @Test
  @Tag("LK-2")
  void aTimeOutDuringAMoveHasExactlyTwoOutcomes() {
    for (int us = 50; us <= 1_500; us += 50) {
      try (Script script = new Script(us, 4, Faults.NONE)) {
        LockName name = lockOf(script, 0);
        LockScriptUser before = LockScriptUser.at(script, 0);
        before.acquire(name, LockMode.EX);
        before.release(name);
        CompletableFuture<Void> moved = moving(script, name, 2, 3);
        LockScriptUser user = LockScriptUser.at(script, 1);
        CompletableFuture<Void> call =
            user.acquiring(name, LockMode.EX, Duration.ofNanos(us * 1_000L));
        user.done(call);
        if (call.isCompletedExceptionally()) {
          assertEquals(LockErrors.LOCK_TIMEOUT, ((WeftException) call.exceptionNow()).code());
        } else {
          assertEquals(LockMode.EX, user.owner().mode(name));
          user.release(name);
        }
        script.until(moved::isDone);
        rest(script);
        assertEquals(0, script.node(1).cache().locks().statistics().held());
        assertTrue(before.tries(name, LockMode.EX));
      }
    }
  }
}
