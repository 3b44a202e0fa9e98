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
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.Reading;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.time.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlocks of owners that wait for locks and for blocks. */
final class BlockDeadlockTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** An owner and a change that works for it. */
  private record User(Script script, int node, LockOwner owner, Change change) {
    static User at(Script script, int node) {
      User user = unattached(script, node);
      user.owner.attach(user.change);
      return user;
    }

    static User unattached(Script script, int node) {
      return new User(
          script,
          node,
          script.node(node).cache().locks().newOwner("u" + node),
          script.node(node).cache().newChange());
    }

    CompletableFuture<?> locking(int lock, Duration timeout) {
      return call(() -> owner.acquireAsync(LockName.of("lock " + lock), LockMode.EX, timeout));
    }

    CompletableFuture<?> taking(int block) {
      BlockId id = id(script, block);
      return call(() -> change.exclusiveAsync(id.file(), id.number()));
    }

    /** Takes a resource: a lock ({@code L}) or a block ({@code B}) with this number. */
    CompletableFuture<?> wanting(char kind, int number) {
      return kind == 'L' ? locking(number, LONG) : taking(number);
    }

    void gets(CompletableFuture<?> call) {
      script.until(call::isDone);
      call.join();
    }

    void givesUpAll() {
      CompletableFuture<?> done =
          call(
              () -> {
                change.close();
                owner.close();
                return CompletableFuture.completedFuture(null);
              });
      script.until(done::isDone);
      done.join();
    }

    private <T> CompletableFuture<T> call(Supplier<CompletionStage<T>> call) {
      return script.call(node, call);
    }
  }

  private static BlockId id(Script script, int block) {
    Blocks blocks = script.cluster.history().blocks();
    return new BlockId(blocks.file(block), blocks.number(block));
  }

  private static ErrorCode code(CompletableFuture<?> call) {
    return ((WeftException) call.exceptionNow()).code();
  }

  private static long deadlocks(Script script) {
    return script.cluster.nodes().alive().stream()
        .mapToLong(node -> node.cache().locks().statistics().deadlocks())
        .sum();
  }

  /** User i has resource i and asks for the next one: a cycle. */
  private static void cycle(Script script, String kinds, int... nodes) {
    int count = nodes.length;
    List<User> users = IntStream.of(nodes).mapToObj(node -> User.at(script, node)).toList();
    for (int i = 0; i < count; i++) {
      users.get(i).gets(users.get(i).wanting(kinds.charAt(i), i));
    }
    Simulation simulation = script.cluster.simulation();
    long began = simulation.now();
    List<CompletableFuture<?>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int next = (i + 1) % count;
      calls.add(users.get(i).wanting(kinds.charAt(next), next));
    }
    script.until(() -> calls.stream().anyMatch(CompletableFuture::isDone));
    assertTrue(simulation.now() - began < 1_000 * Script.MS, "found late");
    script.run(1_000 * Script.MS);
    assertEquals(1, calls.stream().filter(CompletableFuture::isDone).count(), "one victim");
    assertEquals(1, deadlocks(script));
    int victim =
        IntStream.range(0, count).filter(i -> calls.get(i).isDone()).findFirst().orElseThrow();
    WeftException error = (WeftException) calls.get(victim).exceptionNow();
    assertSame(LockErrors.DEADLOCK, error.code());
    for (int i = 0; i < count; i++) {
      String named = kinds.charAt(i) == 'L' ? "lock " + i : "block " + id(script, i);
      assertTrue(error.getMessage().contains("waits for " + named), error.getMessage());
    }
    users.get(victim).givesUpAll();
    for (int i = 1; i < count; i++) {
      int next = Math.floorMod(victim - i, count);
      users.get(next).gets(calls.get(next));
      users.get(next).givesUpAll();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"LBLBL", "BLBLL", "LLBLL", "LBBLB", "BLLLL"})
  @Tag("LK-10")
  void t78FiveOwnersOfThreeNodesWithLocksAndBlocks(String kinds) {
    for (int seed = 1; seed <= 3; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        cycle(script, kinds, 0, 1, 2, 0, 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"LB", "BL"})
  @Tag("LK-10")
  void twoOwnersOfOneNodeOrTwo(String kinds) {
    for (int second = 0; second < 2; second++) {
      try (Script script = new Script(2)) {
        cycle(script, kinds, 0, second);
      }
    }
  }

  /** A call for both attaches its scope. */
  @Test
  @Tag("LK-10")
  void anOwnerThatTookBothIsInTheGraph() {
    try (Script script = new Script(2)) {
      User first = User.unattached(script, 0);
      User second = User.unattached(script, 1);
      BlockId block = id(script, 2);
      first.gets(
          first.call(
              () ->
                  first.change.exclusiveUnderAsync(
                      first.owner,
                      LockName.of("lock 0"),
                      LockMode.EX,
                      block.file(),
                      block.number(),
                      LONG)));
      second.gets(second.locking(1, LONG));
      CompletableFuture<?> one = first.locking(1, LONG);
      CompletableFuture<?> two =
          second.call(
              () ->
                  second.change.exclusiveUnderAsync(
                      second.owner,
                      LockName.of("lock 2"),
                      LockMode.EX,
                      block.file(),
                      block.number(),
                      LONG));
      script.until(() -> one.isDone() || two.isDone());
      assertSame(LockErrors.DEADLOCK, code(two), "its wait began last");
      assertThrows(WeftException.class, () -> second.owner.mode(LockName.of("lock 2")));
      second.givesUpAll();
      first.gets(one);
    }
  }

  @Test
  @Tag("LK-10")
  void t80AWaitThatEndsByItselfIsNoDeadlock() {
    try (Script script = new Script(3)) {
      User first = User.at(script, 0);
      User second = User.at(script, 1);
      first.gets(first.locking(0, LONG));
      second.gets(second.taking(1));
      CompletableFuture<?> lasting = first.taking(1);
      CompletableFuture<?> brief = second.locking(0, Duration.ofMillis(250));
      script.until(brief::isDone);
      assertSame(LockErrors.LOCK_TIMEOUT, code(brief));
      second.givesUpAll();
      first.gets(lasting);
      script.run(2_000 * Script.MS);
      assertEquals(0, deadlocks(script));
    }
  }

  /** What was held in an earlier wait does not count in a later one. */
  @Test
  @Tag("LK-10")
  void t83ALeaseOfAnEarlierWaitIsForgotten() {
    try (Script script = new Script(3)) {
      User first = User.at(script, 0);
      User second = User.at(script, 1);
      first.gets(first.locking(0, LONG));
      for (int i = 0; i < 10; i++) {
        second.gets(second.taking(1));
        CompletableFuture<?> brief = second.locking(0, Duration.ofMillis(100));
        script.until(brief::isDone);
        CompletableFuture<?> closed =
            second.call(
                () -> {
                  second.change.close();
                  return CompletableFuture.completedFuture(null);
                });
        second.gets(closed);
        CompletableFuture<?> waiting = second.locking(0, Duration.ofMillis(400));
        CompletableFuture<?> taken = first.taking(1);
        first.gets(taken);
        script.until(waiting::isDone);
        assertSame(LockErrors.LOCK_TIMEOUT, code(waiting));
        first.gets(
            first.call(
                () -> {
                  first.change.close();
                  return CompletableFuture.completedFuture(null);
                }));
      }
      assertEquals(0, deadlocks(script));
    }
  }

  @Test
  void longWaitsForBlocksWithoutACycleAreNoDeadlock() {
    try (Script script = new Script(3)) {
      User holder = User.at(script, 0);
      holder.gets(holder.taking(1));
      holder.gets(holder.locking(0, LONG));
      List<User> users = IntStream.range(0, 9).mapToObj(i -> User.at(script, i % 3)).toList();
      List<CompletableFuture<?>> waiting = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        waiting.add(i % 2 == 0 ? users.get(i).taking(1) : users.get(i).locking(0, LONG));
      }
      script.run(3_000 * Script.MS);
      assertEquals(0, deadlocks(script));
      assertFalse(waiting.stream().anyMatch(CompletableFuture::isDone));
      holder.givesUpAll();
      for (int left = 9; left > 0; left--) {
        script.until(() -> waiting.stream().anyMatch(CompletableFuture::isDone));
        for (int i = 0; i < 9; i++) {
          if (waiting.get(i).isDone()) {
            waiting.get(i).join();
            waiting.set(i, new CompletableFuture<>());
            users.get(i).givesUpAll();
            break;
          }
        }
      }
    }
  }

  /** Readers exclude no readers. */
  @Test
  @Tag("LK-10")
  void aSharedLeaseIsInTheWayOfChangesOnly() {
    try (Script script = new Script(2)) {
      User reader = User.unattached(script, 0);
      User writer = User.at(script, 1);
      Reading reading = script.node(0).cache().newReading();
      reader.owner.attach(reading);
      BlockId id = id(script, 1);
      reader.gets(reader.call(() -> reading.sharedAsync(id.file(), id.number())));
      writer.gets(writer.locking(0, LONG));
      CompletableFuture<?> locked = reader.locking(0, LONG);
      Reading shared = script.node(1).cache().newReading();
      writer.owner.attach(shared);
      writer.gets(writer.call(() -> shared.sharedAsync(id.file(), id.number())));
      writer.gets(
          writer.call(
              () -> {
                shared.close();
                return CompletableFuture.completedFuture(null);
              }));
      assertEquals(0, deadlocks(script));
      CompletableFuture<?> changed = writer.taking(1);
      script.until(() -> locked.isDone() || changed.isDone());
      assertSame(LockErrors.DEADLOCK, code(changed));
      writer.givesUpAll();
      reader.gets(locked);
    }
  }

  /** The limit that the rule states. */
  @Test
  void aCycleThroughAScopeThatIsNotAttachedEndsWithATimeOut() {
    try (Script script = new Script(2)) {
      User first = User.at(script, 0);
      User second = User.unattached(script, 1);
      first.gets(first.locking(0, LONG));
      second.gets(second.taking(1));
      CompletableFuture<?> lasting = first.taking(1);
      CompletableFuture<?> brief = second.locking(0, Duration.ofSeconds(3));
      script.until(brief::isDone);
      assertSame(LockErrors.LOCK_TIMEOUT, code(brief));
      assertEquals(0, deadlocks(script));
      second.givesUpAll();
      first.gets(lasting);
    }
  }

  @Test
  void aScopeIsAttachedToOwnersOfItsNodeOnly() {
    try (Script script = new Script(2)) {
      User first = User.at(script, 0);
      User second = User.at(script, 1);
      WeftException refused =
          assertThrows(WeftException.class, () -> first.owner.attach(second.change));
      assertSame(CoreErrors.ILLEGAL_USE, refused.code());
      first.givesUpAll();
      Change change = script.node(0).cache().newChange();
      WeftException closed = assertThrows(WeftException.class, () -> first.owner.attach(change));
      assertSame(LockErrors.OWNER_CLOSED, closed.code());
    }
  }
}
