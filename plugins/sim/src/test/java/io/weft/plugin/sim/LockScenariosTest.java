// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What owners of global locks see, one situation at a time. */
final class LockScenariosTest {
  private static final Duration LONG = LockScriptUser.LONG;
  private static final LockName A = LockName.of("a");
  private static final LockName B = LockName.of("b");

  private static void rest(Script script) {
    script.run(50 * Script.MS);
  }

  @Test
  void aLockThatItsNodeHasKeptNeedsNoMessage() {
    try (Script script = new Script(3)) {
      LockScriptUser first = LockScriptUser.at(script, 0);
      LockScriptUser second = LockScriptUser.at(script, 0);
      first.acquire(A, LockMode.EX);
      first.release(A);
      long remote = script.node(0).cache().locks().statistics().remoteGrants();
      second.acquire(A, LockMode.EX);
      assertEquals(remote, script.node(0).cache().locks().statistics().remoteGrants());
      assertEquals(1, script.node(0).cache().locks().statistics().held());
    }
  }

  @Test
  @Tag("LK-2")
  void anActionOfAGrantMayAskAgain() {
    try (Script script = new Script(3)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser user = LockScriptUser.at(script, 1);
      holder.acquire(A, LockMode.EX);
      CompletableFuture<Void> converted =
          user.call(
              () ->
                  user.owner()
                      .acquireAsync(A, LockMode.CR, LONG)
                      .thenCompose(_ -> user.owner().convertAsync(A, LockMode.EX, LONG)));
      rest(script);
      holder.release(A);
      script.run(10_000 * Script.MS);
      assertTrue(converted.isDone());
      converted.join();
      assertEquals(LockMode.EX, user.owner().mode(A));
    }
  }

  @Test
  void aTimeOutMayBeLongerThanTimesCanSay() {
    try (Script script = new Script(2)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser user = LockScriptUser.at(script, 1);
      holder.acquire(A, LockMode.EX);
      CompletableFuture<Void> waiting =
          user.acquiring(A, LockMode.EX, ChronoUnit.FOREVER.getDuration());
      rest(script);
      holder.release(A);
      user.done(waiting).join();
      user.release(A);
    }
  }

  @Test
  @Tag("LK-3")
  void conversionsGoBeforeNewRequestsAndTheRestIsInOrder() {
    try (Script script = new Script(2)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser other = LockScriptUser.at(script, 0);
      holder.acquire(A, LockMode.PR);
      other.acquire(A, LockMode.CR);
      List<String> order = new ArrayList<>();
      List<LockScriptUser> waiting = new ArrayList<>();
      List<CompletableFuture<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        LockScriptUser user = LockScriptUser.at(script, 0);
        String name = "new " + i;
        waiting.add(user);
        calls.add(user.acquiring(A, LockMode.EX));
        calls.getLast().thenRun(() -> order.add(name));
        rest(script);
      }
      CompletableFuture<Void> conversion = other.converting(A, LockMode.PW);
      conversion.thenRun(() -> order.add("conversion"));
      rest(script);
      assertEquals(List.of(), order);
      holder.release(A);
      other.done(conversion);
      other.release(A);
      for (int i = 0; i < 3; i++) {
        waiting.get(i).done(calls.get(i));
        waiting.get(i).release(A);
      }
      assertEquals(List.of("conversion", "new 0", "new 1", "new 2"), order);
    }
  }

  @Test
  @Tag("LK-3")
  void aConversionDoesNotWaitBehindTheRequestsOfOtherNodes() {
    try (Script script = new Script(2)) {
      LockScriptUser converter = LockScriptUser.at(script, 0);
      LockScriptUser sameNode = LockScriptUser.at(script, 0);
      LockScriptUser otherNode = LockScriptUser.at(script, 1);
      converter.acquire(A, LockMode.CR);
      CompletableFuture<Void> other = otherNode.acquiring(A, LockMode.EX);
      rest(script);
      CompletableFuture<Void> same = sameNode.acquiring(A, LockMode.PW); // asked for beside CR
      rest(script);
      converter.done(converter.converting(A, LockMode.EX)).join();
      rest(script); // until the new grant is revoked, too
      assertFalse(other.isDone() || same.isDone());
      converter.release(A);
      otherNode.done(other).join();
      otherNode.release(A);
      sameNode.done(same).join();
    }
  }

  @Test
  @Tag("LK-6")
  void theNextOwnerSeesWhatWasChangedUnderTheLock() {
    try (Script script = new Script(3)) {
      for (int i = 0; i < 9; i++) {
        LockScriptUser user = LockScriptUser.at(script, i % 3);
        user.acquire(A, LockMode.EX);
        assertEquals(i, script.read(i % 3, 0));
        script.change(i % 3, 0);
        user.release(A);
      }
      script.finish();
    }
  }

  @Test
  void theValueTravelsWithTheLock() {
    try (Script script = new Script(3)) {
      LockScriptUser first = LockScriptUser.at(script, 0);
      LockScriptUser second = LockScriptUser.at(script, 1);
      first.acquire(A, LockMode.PW);
      assertEquals(LockValue.ABSENT, first.owner().value(A));
      first.release(A, (byte) 7);
      second.acquire(A, LockMode.PR);
      assertArrayEquals(new byte[] {7}, second.owner().value(A).bytes());
      LockScriptUser third = LockScriptUser.at(script, 2);
      third.acquire(A, LockMode.PR);
      assertArrayEquals(new byte[] {7}, third.owner().value(A).bytes());
    }
  }

  @Test
  @Tag("LK-4")
  @Tag("LK-5")
  void theValueIsLostWithANodeThatMayHaveWrittenIt() {
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        LockScriptUser writer = LockScriptUser.at(script, seed % 3);
        LockScriptUser reader = LockScriptUser.at(script, (seed + 1) % 3);
        writer.acquire(A, LockMode.EX);
        CompletableFuture<Void> waiting = reader.acquiring(A, LockMode.EX);
        rest(script);
        assertFalse(waiting.isDone());
        script.kill(seed % 3);
        reader.done(waiting).join();
        assertFalse(reader.owner().value(A).isValid());
        reader.release(A, (byte) 1);
        reader.acquire(A, LockMode.EX);
        assertTrue(reader.owner().value(A).isValid());
      }
    }
  }

  @Test
  void aLockSurvivesItsMaster() {
    for (int victim = 0; victim < 3; victim++) {
      for (int lock = 0; lock < 12; lock++) {
        try (Script script = new Script(3)) {
          LockName name = LockName.of("lock " + lock);
          LockScriptUser holder = LockScriptUser.at(script, (victim + 1) % 3);
          LockScriptUser waiter = LockScriptUser.at(script, (victim + 2) % 3);
          holder.acquire(name, LockMode.EX);
          CompletableFuture<Void> waiting = waiter.acquiring(name, LockMode.PR);
          rest(script);
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
  }

  @Test
  @Tag("LK-2")
  void aRequestThatTimedOutIsNeverGranted() {
    try (Script script = new Script(3)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser late = LockScriptUser.at(script, 1);
      LockScriptUser next = LockScriptUser.at(script, 2);
      holder.acquire(A, LockMode.EX);
      CompletableFuture<Void> short1 = late.acquiring(A, LockMode.EX, Duration.ofMillis(5));
      assertEquals(LockErrors.LOCK_TIMEOUT, late.code(short1));
      holder.release(A);
      next.acquire(A, LockMode.EX);
      rest(script);
      assertEquals(0, script.node(1).cache().locks().statistics().held());
      assertThrows(WeftException.class, () -> late.owner().mode(A));
      next.release(A);
      late.acquire(A, LockMode.EX);
    }
  }

  @Test
  void aTryWaitsForMessagesAndForNoOwner() {
    try (Script script = new Script(3)) {
      for (int holder = 0; holder < 3; holder++) {
        for (int trier = 0; trier < 3; trier++) {
          LockName name = LockName.of("try " + holder + trier);
          LockScriptUser has = LockScriptUser.at(script, holder);
          LockScriptUser tries = LockScriptUser.at(script, trier);
          has.acquire(name, LockMode.PR);
          assertFalse(tries.tries(name, LockMode.EX));
          assertTrue(tries.tries(name, LockMode.CR));
          tries.release(name);
          has.release(name);
          assertTrue(tries.tries(name, LockMode.EX), "kept by its node, used by nobody");
        }
      }
    }
  }

  // ---- deadlocks -----------------------------------------------------------------------------

  /** Owner i holds lock i and asks for the next one: a cycle. */
  private static void cycle(Script script, int... nodes) {
    List<LockScriptUser> users =
        IntStream.of(nodes).mapToObj(node -> LockScriptUser.at(script, node)).toList();
    String prefix = "cycle of " + nodes.length + " ";
    for (int i = 0; i < nodes.length; i++) {
      users.get(i).acquire(LockName.of(prefix + i), LockMode.EX);
    }
    Simulation simulation = script.cluster.simulation();
    long began = simulation.now();
    List<CompletableFuture<Void>> calls = new ArrayList<>();
    for (int i = 0; i < nodes.length; i++) {
      calls.add(users.get(i).acquiring(LockName.of(prefix + (i + 1) % nodes.length), LockMode.PR));
    }
    script.until(() -> calls.stream().anyMatch(CompletableFuture::isDone));
    assertTrue(simulation.now() - began < 1_000 * Script.MS, "found late");
    int victim =
        IntStream.range(0, nodes.length)
            .filter(i -> calls.get(i).isDone())
            .findFirst()
            .orElseThrow();
    WeftException error = (WeftException) calls.get(victim).exceptionNow();
    assertEquals(LockErrors.DEADLOCK, error.code());
    assertTrue(error.getMessage().contains(prefix + victim), error.getMessage());
    users.get(victim).release(LockName.of(prefix + victim));
    for (int i = 1; i < nodes.length; i++) {
      int next = Math.floorMod(victim - i, nodes.length);
      users.get(next).done(calls.get(next)).join();
      int at = next;
      users.get(next).done(users.get(next).at(() -> users.get(at).owner().close())).join();
    }
  }

  @Test
  void t77TwoOwnersOfTwoNodes() {
    for (int seed = 1; seed <= 5; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        cycle(script, 1, 2);
      }
    }
  }

  @Test
  void t78FiveOwnersOfThreeNodes() {
    try (Script script = new Script(3)) {
      cycle(script, 0, 1, 2, 0, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void t79TwoConversionsOfOneLock(int nodeOfSecond) {
    try (Script script = new Script(2)) {
      LockScriptUser first = LockScriptUser.at(script, 0);
      LockScriptUser second = LockScriptUser.at(script, nodeOfSecond);
      first.acquire(A, LockMode.PR);
      second.acquire(A, LockMode.PR);
      CompletableFuture<Void> one = first.converting(A, LockMode.EX);
      rest(script);
      CompletableFuture<Void> two = second.converting(A, LockMode.EX);
      script.until(() -> one.isDone() || two.isDone());
      assertEquals(LockErrors.DEADLOCK, second.code(two));
      assertEquals(LockMode.PR, second.owner().mode(A));
      second.release(A);
      first.done(one).join();
    }
  }

  @Test
  void t80AWaitThatEndsByItselfIsNoDeadlock() {
    try (Script script = new Script(3)) {
      LockScriptUser first = LockScriptUser.at(script, 0);
      LockScriptUser second = LockScriptUser.at(script, 1);
      first.acquire(A, LockMode.EX);
      second.acquire(B, LockMode.EX);
      CompletableFuture<Void> lasting = first.acquiring(B, LockMode.EX);
      CompletableFuture<Void> brief = second.acquiring(A, LockMode.EX, Duration.ofMillis(250));
      assertEquals(LockErrors.LOCK_TIMEOUT, second.code(brief));
      second.release(B);
      first.done(lasting).join();
      script.run(2_000 * Script.MS);
      assertEquals(0, deadlocks(script));
    }
  }

  @Test
  void longWaitsWithoutACycleAreNoDeadlock() {
    try (Script script = new Script(3)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      holder.acquire(A, LockMode.EX);
      List<CompletableFuture<Void>> waiting =
          IntStream.range(0, 9)
              .mapToObj(i -> LockScriptUser.at(script, i % 3).acquiring(A, LockMode.PR))
              .toList();
      script.run(3_000 * Script.MS);
      assertEquals(0, deadlocks(script));
      holder.release(A);
      script.until(() -> waiting.stream().allMatch(CompletableFuture::isDone));
      waiting.forEach(CompletableFuture::join);
    }
  }

  private static long deadlocks(Script script) {
    return script.cluster.nodes().alive().stream()
        .mapToLong(node -> node.cache().locks().statistics().deadlocks())
        .sum();
  }

  @Test
  void t81TwoCyclesHaveAVictimEach() {
    try (Script script = new Script(3)) {
      List<LockScriptUser> users =
          IntStream.of(0, 1, 1, 2).mapToObj(node -> LockScriptUser.at(script, node)).toList();
      List<LockName> names = IntStream.range(0, 4).mapToObj(i -> LockName.of("lock " + i)).toList();
      for (int i = 0; i < 4; i++) {
        users.get(i).acquire(names.get(i), LockMode.EX);
      }
      List<CompletableFuture<Void>> calls =
          IntStream.range(0, 4)
              .mapToObj(i -> users.get(i).acquiring(names.get(i ^ 1), LockMode.EX))
              .toList();
      script.until(() -> calls.stream().filter(CompletableFuture::isDone).count() == 2);
      for (int pair = 0; pair < 4; pair += 2) {
        assertEquals(
            1,
            IntStream.of(pair, pair + 1)
                .filter(i -> calls.get(i).isCompletedExceptionally())
                .count());
      }
      script.run(1_000 * Script.MS);
      assertEquals(2, deadlocks(script));
    }
  }

  @Test
  void t82TheDetectorFailsWhileItCollects() {
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        LockScriptUser first = LockScriptUser.at(script, 1);
        LockScriptUser second = LockScriptUser.at(script, 2);
        first.acquire(A, LockMode.EX);
        second.acquire(B, LockMode.EX);
        CompletableFuture<Void> one = first.acquiring(B, LockMode.EX);
        CompletableFuture<Void> two = second.acquiring(A, LockMode.EX);
        script.run(400 * Script.MS + seed * 10_000);
        script.kill(0);
        script.until(() -> one.isDone() || two.isDone());
        assertEquals(LockErrors.DEADLOCK, one.isDone() ? first.code(one) : second.code(two));
      }
    }
  }

  @Test
  void t85ALockIsRevokedWhileAHundredOwnersShareIt() {
    try (Script script = new Script(2)) {
      List<LockScriptUser> sharers =
          IntStream.range(0, 100).mapToObj(_ -> LockScriptUser.at(script, 0)).toList();
      sharers.forEach(user -> user.acquire(A, LockMode.PR));
      LockScriptUser writer = LockScriptUser.at(script, 1);
      CompletableFuture<Void> writing = writer.acquiring(A, LockMode.EX);
      rest(script);
      CompletableFuture<Void> newcomer = LockScriptUser.at(script, 0).acquiring(A, LockMode.PR);
      rest(script);
      assertFalse(newcomer.isDone(), "a revoked lock was given to a new owner");
      for (LockScriptUser sharer : sharers) {
        assertFalse(writing.isDone());
        sharer.release(A);
      }
      writer.done(writing).join();
      assertFalse(newcomer.isDone());
      writer.release(A);
      script.until(newcomer::isDone);
      newcomer.join();
    }
  }

  @Test
  void t83AVictimThatIsGrantedMeanwhileKeepsItsLock() {
    int kept = 0;
    for (int later = 300; later < 660; later += 20) {
      try (Script script = new Script(later, 3, Faults.NONE)) {
        LockScriptUser first = LockScriptUser.at(script, 1);
        LockScriptUser second = LockScriptUser.at(script, 2);
        first.acquire(A, LockMode.EX);
        second.acquire(B, LockMode.EX);
        CompletableFuture<Void> one = first.acquiring(B, LockMode.EX);
        rest(script);
        CompletableFuture<Void> two = second.acquiring(A, LockMode.EX); // the victim
        script.run((later - 50) * Script.MS);
        if (!two.isDone()) {
          kept++;
        }
        first.done(first.at(() -> first.owner().close())).join();
        second.done(two);
        rest(script);
        if (two.isCompletedExceptionally()) {
          assertEquals(LockErrors.DEADLOCK, second.code(two));
          assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> second.owner().mode(A)));
        } else {
          assertEquals(LockMode.EX, second.owner().mode(A), "an end that came late took it away");
        }
        assertEquals(LockMode.EX, second.owner().mode(B));
        assertTrue(one.isDone());
      }
    }
    assertTrue(kept > 0, "every wait was ended before its lock was released");
  }

  @Test
  void t86TheNodeOfAWaiterDiesAndThatOfAHolder() {
    for (int seed = 1; seed <= 5; seed++) {
      try (Script script = new Script(seed, 4, Faults.NONE)) {
        LockScriptUser holder = LockScriptUser.at(script, 0);
        LockScriptUser dying = LockScriptUser.at(script, 1);
        LockScriptUser next = LockScriptUser.at(script, 2);
        holder.acquire(A, LockMode.EX);
        dying.acquiring(A, LockMode.EX);
        rest(script);
        CompletableFuture<Void> waiting = next.acquiring(A, LockMode.EX);
        rest(script);
        script.kill(1);
        script.settle();
        assertFalse(waiting.isDone());
        holder.release(A, (byte) 1);
        next.done(waiting).join();
        assertArrayEquals(new byte[] {1}, next.owner().value(A).bytes());
        LockScriptUser last = LockScriptUser.at(script, 3);
        CompletableFuture<Void> woken = last.acquiring(A, LockMode.EX);
        rest(script);
        script.kill(2);
        last.done(woken).join();
        assertFalse(last.owner().value(A).isValid());
      }
    }
  }

  // ---- revocations that nobody waits for any more --------------------------------------------

  /** Its node holds the lock in PR and is told to give it up; then the request is given up. */
  @Test
  void aRevocationIsTakenBackWithItsRequest() {
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        LockScriptUser holder = LockScriptUser.at(script, 0);
        LockScriptUser newcomer = LockScriptUser.at(script, 0);
        LockScriptUser hasty = LockScriptUser.at(script, 1);
        holder.acquire(A, LockMode.PR);
        for (int again = 0; again < 3; again++) {
          CompletableFuture<Void> asked =
              hasty.acquiring(A, LockMode.EX, Duration.ofMillis(5 + again));
          assertEquals(LockErrors.LOCK_TIMEOUT, hasty.code(asked));
          rest(script);
          newcomer.acquire(A, LockMode.PR); // the holder goes on holding
          newcomer.release(A);
          rest(script);
        }
        CompletableFuture<Void> asked = hasty.acquiring(A, LockMode.EX);
        rest(script);
        CompletableFuture<Void> behind = newcomer.acquiring(A, LockMode.PR);
        rest(script);
        assertFalse(behind.isDone(), "revoked again, by a request that waits");
        holder.release(A);
        hasty.done(asked).join();
      }
    }
  }

  @Test
  void aRevocationIsTakenBackWhenATryIsRefused() {
    try (Script script = new Script(3)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      LockScriptUser newcomer = LockScriptUser.at(script, 0);
      LockScriptUser trier = LockScriptUser.at(script, 1);
      holder.acquire(A, LockMode.PR);
      assertFalse(trier.tries(A, LockMode.EX));
      rest(script);
      newcomer.acquire(A, LockMode.PR);
      assertFalse(trier.tries(A, LockMode.EX), "the next try is answered, too");
    }
  }

  @Test
  void aRevocationStaysWhileAnotherRequestNeedsIt() {
    try (Script script = new Script(3)) {
      LockScriptUser holder = LockScriptUser.at(script, 0);
      holder.acquire(A, LockMode.PR);
      LockScriptUser hasty = LockScriptUser.at(script, 1);
      CompletableFuture<Void> brief = hasty.acquiring(A, LockMode.EX, Duration.ofMillis(80));
      LockScriptUser patient = LockScriptUser.at(script, 2);
      CompletableFuture<Void> lasting = patient.acquiring(A, LockMode.EX);
      assertEquals(LockErrors.LOCK_TIMEOUT, hasty.code(brief));
      rest(script);
      CompletableFuture<Void> behind = LockScriptUser.at(script, 0).acquiring(A, LockMode.PR);
      rest(script);
      assertFalse(behind.isDone());
      holder.release(A);
      patient.done(lasting).join();
    }
  }

  /** A time-out near the moment of the grant: the lock is held, or it is not, and others get it. */
  @Test
  @Tag("LK-2")
  void aTimeOutHasExactlyTwoOutcomes() {
    int granted = 0;
    int late = 0;
    for (int us = 20; us <= 1_200; us += 20) {
      try (Script script = new Script(us, 3, Faults.NONE)) {
        LockScriptUser before = LockScriptUser.at(script, 0);
        before.acquire(A, LockMode.EX);
        before.release(A);
        LockScriptUser user = LockScriptUser.at(script, 1);
        CompletableFuture<Void> call =
            user.acquiring(A, LockMode.EX, Duration.ofNanos(us * 1_000L));
        user.done(call);
        if (call.isCompletedExceptionally()) {
          late++;
          assertEquals(LockErrors.LOCK_TIMEOUT, user.code(call));
          assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> user.owner().mode(A)));
        } else {
          granted++;
          assertEquals(LockMode.EX, user.owner().mode(A));
          user.release(A);
        }
        rest(script);
        assertEquals(0, script.node(1).cache().locks().statistics().held());
        LockScriptUser next = LockScriptUser.at(script, 2);
        assertTrue(next.tries(A, LockMode.EX));
      }
    }
    assertTrue(granted > 0 && late > 0, granted + " granted, " + late + " late");
  }

  // ---- misuse --------------------------------------------------------------------------------

  @Test
  void everyMisuseHasAnErrorOfItsOwn() {
    try (Script script = new Script(1)) {
      LockScriptUser user = LockScriptUser.at(script, 0);
      LockOwner owner = user.owner();
      assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> owner.release(A)));
      assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> owner.convert(A, LockMode.EX)));
      assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> owner.value(A)));
      user.acquire(A, LockMode.CW);
      assertEquals(LockErrors.LOCK_HELD, code(() -> owner.tryAcquire(A, LockMode.CR)));
      assertEquals(LockErrors.BAD_CONVERSION, code(() -> owner.convert(A, LockMode.PR)));
      assertEquals(LockErrors.BAD_LOCK_VALUE, code(() -> owner.release(A, new byte[1])));
      assertEquals(LockErrors.BAD_LOCK_VALUE, code(() -> owner.release(A, new byte[65])));
      assertEquals(LockMode.CW, owner.mode(A));
      LockScriptUser other = LockScriptUser.at(script, 0);
      CompletableFuture<Void> waiting = other.acquiring(A, LockMode.EX);
      rest(script);
      assertEquals(LockErrors.LOCK_NOT_HELD, code(() -> other.owner().release(A)));
      assertEquals(LockErrors.LOCK_HELD, code(() -> other.owner().tryAcquire(A, LockMode.CR)));
      other.done(other.at(() -> other.owner().close())).join();
      assertEquals(LockErrors.OWNER_CLOSED, other.code(waiting));
      assertEquals(LockErrors.OWNER_CLOSED, code(() -> other.owner().mode(A)));
      user.release(A);
      assertEquals(0, script.node(0).cache().locks().statistics().held());
    }
  }

  @Test
  void anOwnerOfANodeThatLeavesHoldsNothing() {
    try (Script script = new Script(2)) {
      LockScriptUser user = LockScriptUser.at(script, 0);
      LockScriptUser other = LockScriptUser.at(script, 1);
      user.acquire(A, LockMode.EX);
      CompletableFuture<Void> waiting = other.acquiring(A, LockMode.EX);
      rest(script);
      CompletableFuture<Void> left = user.call(() -> script.node(0).cache().drain());
      other.done(waiting).join();
      user.done(left).join();
      assertEquals(CoreErrors.NODE_CLOSED, code(() -> user.owner().release(A)));
      assertEquals(CoreErrors.NODE_CLOSED, code(() -> user.owner().check()));
    }
  }

  /**
   * A call that says something of a lock, or gives something of it back, checks that it is held.
   */
  @Test
  void nothingIsSaidOfALockWhenTheMembershipLeaseIsOver() {
    try (Script script = new Script(1)) {
      LockScriptUser user = LockScriptUser.at(script, 0);
      LockOwner owner = user.owner();
      user.acquire(A, LockMode.EX);
      SimProcess process = script.node(0).process();
      process.views().lease(process.bootTime() - 1);
      assertEquals(CoreErrors.NODE_LEASE_OVER, code(() -> owner.mode(A)));
      assertEquals(CoreErrors.NODE_LEASE_OVER, code(() -> owner.value(A)));
      assertEquals(CoreErrors.NODE_LEASE_OVER, code(() -> owner.convert(A, LockMode.CR)));
      assertEquals(
          CoreErrors.NODE_LEASE_OVER, code(() -> owner.convertDown(A, LockMode.CR, new byte[1])));
      process.views().lease(process.bootTime() + LONG.toNanos());
      assertEquals(LockMode.EX, owner.mode(A), "nothing has been done");
      assertEquals(LockValue.ABSENT, owner.value(A));
      user.release(A);
    }
  }

  private static ErrorCode code(Executable call) {
    return assertThrows(WeftException.class, call).code();
  }
}
