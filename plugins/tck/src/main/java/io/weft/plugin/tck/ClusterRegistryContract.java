// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.ClusterRegistry.Entry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link ClusterRegistry} keeps: rules CR-1 to CR-10.
 *
 * <p>Seams, both optional: {@link #losePower} for CR-3 and CR-6, {@link #breakStorage} for CR-5.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class ClusterRegistryContract {
  private static final byte[] ONE = {1, 2, 3};

  private final List<ClusterRegistry> opened = new ArrayList<>();

  /**
   * A registry that is not open yet, as one node sees the storage of the test. All that are made in
   * one test share one storage, which is new at its beginning.
   */
  protected abstract ClusterRegistry registry(Supplier<NodeSettings> node);

  /**
   * Takes the power from the hosts of the registries made so far: what is not stable is lost.
   *
   * @return false if that cannot be played
   */
  protected boolean losePower() {
    return false;
  }

  /**
   * From now on nobody can reach the storage.
   *
   * @return false if that cannot be played
   */
  protected boolean breakStorage() {
    return false;
  }

  /** The storage can be reached again. */
  protected void mendStorage() {}

  private ClusterRegistry registry(int id, long incarnation) {
    return registry(() -> TestNodes.node(id, incarnation));
  }

  private ClusterRegistry open(int id, long incarnation) {
    ClusterRegistry registry = registry(id, incarnation);
    registry.open();
    opened.add(registry);
    return registry;
  }

  /** Ids are kept for the life of this process, unless they are given back. */
  @AfterEach
  void closeRegistries() {
    opened.forEach(ClusterRegistry::close);
  }

  @Test
  void hasAName() {
    assertFalse(registry(0, 1).name().isBlank());
  }

  // ---- CR-1

  @Test
  @Tag("CR-1")
  void acceptsOneRecordOfEachEpochInOrder() {
    ClusterRegistry a = open(0, 1);
    ClusterRegistry b = open(1, 1);
    assertEquals(Optional.empty(), a.latest());
    assertFalse(a.propose(2, ONE), "the epoch before does not exist");
    assertTrue(a.propose(1, ONE));
    assertFalse(b.propose(1, new byte[] {9}));
    assertFalse(a.propose(1, ONE), "not even the same one again");
    assertFalse(b.propose(3, new byte[] {9}));
    assertTrue(b.propose(2, new byte[0]));
    assertEntry(2, new byte[0], a.latest());
    assertEntry(2, new byte[0], b.latest());
  }

  @Test
  @Tag("CR-1")
  void refusesAnEpochLongGone() {
    ClusterRegistry registry = open(0, 1);
    for (long epoch = 1; epoch <= 100; epoch++) {
      assertTrue(registry.propose(epoch, ONE));
    }
    for (long epoch : new long[] {1, 3, 50, 99, 100}) {
      assertFalse(registry.propose(epoch, new byte[] {9}), "epoch " + epoch);
    }
    assertEntry(100, ONE, registry.latest());
  }

  @Test
  @Tag("CR-1")
  void ofManyWhoProposeAtOnceOneIsAcceptedAndEverybodyReadsIt()
      throws InterruptedException, ExecutionException {
    int nodes = 8;
    int epochs = 40;
    Phaser together = new Phaser(nodes);
    List<Callable<List<Long>>> proposers = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      byte id = (byte) node;
      ClusterRegistry registry = open(node, 1);
      proposers.add(() -> accepted(registry, id, epochs, together));
    }
    List<Long> accepted = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(nodes)) {
      for (Future<List<Long>> result : threads.invokeAll(proposers)) {
        accepted.addAll(result.get());
      }
    }
    assertEquals(epochs, accepted.size());
    assertEquals(epochs, accepted.stream().distinct().count());
  }

  private static List<Long> accepted(
      ClusterRegistry registry, byte id, int epochs, Phaser together) {
    List<Long> won = new ArrayList<>();
    try {
      for (long epoch = 1; epoch <= epochs; epoch++) {
        together.arriveAndAwaitAdvance();
        if (registry.propose(epoch, new byte[] {id})) {
          won.add(epoch);
          assertEntry(epoch, new byte[] {id}, registry.latest());
        }
        together.arriveAndAwaitAdvance();
        assertEquals(epoch, registry.latest().orElseThrow().epoch());
      }
    } finally {
      together.arriveAndDeregister(); // nobody waits for one that fails
    }
    return won;
  }

  @Test
  @Tag("CR-1")
  void keepsRecordsOfEverySizeAsTheyWereProposed() {
    ClusterRegistry registry = open(0, 1);
    long epoch = 0;
    for (int bytes :
        new int[] {0, 1, 511, 512, 513, 4_096, 10_000, ClusterRegistry.MAX_RECORD_BYTES}) {
      byte[] record = new byte[bytes];
      Arrays.fill(record, (byte) bytes);
      assertTrue(registry.propose(++epoch, record));
      assertEntry(epoch, record, open((int) epoch, 1).latest());
    }
  }

  // ---- CR-2

  /** What has been accepted before a look began is what it sees, or something later. */
  @Test
  @Tag("CR-2")
  void everybodySeesWhatWasAcceptedBefore() throws InterruptedException, ExecutionException {
    int epochs = 200;
    AtomicLong accepted = new AtomicLong();
    ClusterRegistry proposer = open(0, 1);
    ClusterRegistry other = open(1, 1);
    Callable<Void> look =
        () -> {
          long last = 0;
          while (last < epochs) {
            long before = accepted.get();
            last = other.latest().map(Entry::epoch).orElse(0L);
            assertTrue(last >= before, last + " after " + before);
          }
          return null;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Void>> looks = List.of(threads.submit(look), threads.submit(look));
      for (long epoch = 1; epoch <= epochs; epoch++) {
        assertTrue(proposer.propose(epoch, ONE));
        accepted.set(epoch);
      }
      for (Future<Void> done : looks) {
        done.get();
      }
    }
  }

  // ---- CR-3

  @Test
  @Tag("CR-3")
  void anAcceptedRecordOutlivesAllNodes() {
    ClusterRegistry first = open(0, 1);
    first.propose(1, ONE);
    first.propose(2, new byte[] {2});
    first.close();
    assertEntry(2, new byte[] {2}, open(1, 1).latest());
  }

  @Test
  @Tag("CR-3")
  void anAcceptedRecordOutlivesALossOfPower() {
    ClusterRegistry first = open(0, 1);
    first.propose(1, ONE);
    assumeTrue(losePower(), "nobody can take the power here");
    assertEntry(1, ONE, registry(1, 1).latest());
  }

  // ---- CR-4

  @Test
  @Tag("CR-4")
  void isUsedBySeveralThreads() throws InterruptedException, ExecutionException {
    ClusterRegistry registry = open(0, 1);
    AtomicLong accepted = new AtomicLong();
    List<Callable<Void>> calls = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      calls.add(
          () -> {
            for (int round = 1; round <= 50; round++) {
              long epoch = registry.latest().map(Entry::epoch).orElse(0L) + 1;
              accepted.addAndGet(registry.propose(epoch, ONE) ? 1 : 0);
              registry.reserveScn(round);
              assertTrue(registry.reservedScn() >= round);
              assertFalse(registry.hasStopped(0, 1, false));
            }
            return null;
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Void> call : threads.invokeAll(calls)) {
        call.get();
      }
    }
    assertEquals(accepted.get(), registry.latest().orElseThrow().epoch());
  }

  // ---- CR-5

  @Test
  @Tag("CR-5")
  void saysThatItCannotBeReached() {
    ClusterRegistry registry = open(0, 1);
    assertTrue(registry.propose(1, ONE));
    registry.reserveScn(7);
    assumeTrue(breakStorage(), "the storage can always be reached");
    for (int attempt = 0; attempt < 2; attempt++) {
      Expect.failure(MembershipErrors.REGISTRY_UNAVAILABLE, registry::latest);
      Expect.failure(MembershipErrors.REGISTRY_UNAVAILABLE, () -> registry.propose(2, ONE));
      Expect.failure(MembershipErrors.REGISTRY_UNAVAILABLE, () -> registry.reserveScn(8));
      Expect.failure(MembershipErrors.REGISTRY_UNAVAILABLE, registry::reservedScn);
      Expect.failure(MembershipErrors.REGISTRY_UNAVAILABLE, () -> registry.hasStopped(1, 1, false));
    }
    mendStorage();
    assertEntry(1, ONE, registry.latest());
    assertTrue(registry.propose(2, ONE));
    assertTrue(registry.reservedScn() >= 7);
  }

  // ---- CR-6

  @Test
  @Tag("CR-6")
  void reservedNumbersOutliveTheirNodesAndNeverGoBack() {
    ClusterRegistry first = open(0, 1);
    ClusterRegistry second = open(1, 1);
    assertEquals(0, first.reservedScn());
    first.reserveScn(1_000);
    assertEquals(1_000, second.reservedScn());
    second.reserveScn(500);
    assertEquals(1_000, second.reservedScn(), "the largest of all nodes");
    second.reserveScn(2_000);
    second.reserveScn(1_500);
    first.close();
    second.close();
    assertEquals(2_000, open(2, 1).reservedScn());
    open(0, 2).reserveScn(3_000);
    assertEquals(3_000, open(1, 2).reservedScn());
  }

  @Test
  @Tag("CR-6")
  void reservedNumbersOutliveALossOfPower() {
    open(0, 1).reserveScn(1_000);
    assumeTrue(losePower(), "nobody can take the power here");
    assertTrue(registry(1, 1).reservedScn() >= 1_000);
  }

  // ---- CR-7

  @Test
  @Tag("CR-7")
  void knowsTheLastIncarnationOfEveryNode() {
    ClusterRegistry other = registry(1, 1);
    assertEquals(0, other.lastIncarnation(0));
    ClusterRegistry first = open(0, 7);
    assertEquals(7, other.lastIncarnation(0));
    assertEquals(0, other.lastIncarnation(1));
    first.recordIncarnation(9);
    first.close();
    assertEquals(9, other.lastIncarnation(0), "a view knew of a larger one");
    open(0, 10).close();
    assertEquals(10, other.lastIncarnation(0));
  }

  @Test
  @Tag("CR-7")
  void asksWhoItsNodeIsWhenItIsOpenedAndNotBefore() {
    List<NodeSettings> known = new ArrayList<>();
    ClusterRegistry registry = registry(known::getFirst); // throws as long as nobody is known
    long last = registry.lastIncarnation(3);
    registry.place().ifPresent(place -> assertFalse(place.where().isBlank()));
    known.add(TestNodes.node(3, last + 1));
    registry.open();
    opened.add(registry);
    assertEquals(last + 1, registry.lastIncarnation(3));
  }

  @Test
  @Tag("CR-7")
  void refusesALifeThatIsNotTheLatest() {
    open(0, 7).close();
    Expect.failure(MembershipErrors.OLD_INCARNATION, () -> open(0, 6));
    Expect.failure(MembershipErrors.OLD_INCARNATION, () -> open(0, 7));
    open(0, 8);
  }

  // ---- who has stopped

  @Test
  void refusesASecondNodeOfTheSameIdUntilTheFirstIsClosed() {
    ClusterRegistry first = open(0, 1);
    Expect.failure(MembershipErrors.DUPLICATE_NODE, () -> open(0, 2));
    open(1, 1).close();
    Expect.failure(MembershipErrors.DUPLICATE_NODE, () -> open(0, 2));
    first.close();
    first.close();
    open(0, 2);
  }

  @Test
  void aNodeOfThisProcessRunsUntilItIsClosed() {
    ClusterRegistry watcher = open(0, 1);
    ClusterRegistry other = open(1, 5);
    for (int look = 0; look < 20; look++) {
      assertFalse(watcher.hasStopped(1, 5, false));
    }
    assertFalse(watcher.hasStopped(1, 5, true), "this process must not kill itself");
    Expect.failure(MembershipErrors.DUPLICATE_NODE, () -> open(1, 6));
    other.close();
    assertTrue(watcher.hasStopped(1, 5, false));
    open(1, 6);
    assertTrue(watcher.hasStopped(1, 5, false), "a later life has begun");
    assertFalse(watcher.hasStopped(1, 6, false));
  }

  @Test
  void saysNothingOfWhoWasNeverHereAndKnowsItself() {
    ClusterRegistry watcher = open(0, 2);
    assertFalse(watcher.hasStopped(2, 1, false), "a node that was never here");
    assertTrue(watcher.hasStopped(0, 1, false), "an earlier life of this node");
    assertFalse(watcher.hasStopped(0, 2, true));
  }

  private static void assertEntry(long epoch, byte[] record, Optional<Entry> entry) {
    assertEquals(epoch, entry.orElseThrow().epoch());
    assertArrayEquals(record, entry.orElseThrow().record());
  }

  // ---- requests

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 7);
    return bytes;
  }

  @Test
  @Tag("CR-8")
  void requestsArePendingInTheOrderOfTheirNumbers() {
    ClusterRegistry node = open(0, 1);
    assertEquals(List.of(), node.requests());
    ClusterRegistry command = registry(1, 1); // never opened
    long first = command.ask(ONE, 0);
    long second = command.ask(bytes(ClusterRegistry.MAX_REQUEST_BYTES), 0);
    assertTrue(0 < first && first < second);
    List<ClusterRegistry.Request> pending = node.requests();
    assertEquals(
        List.of(first, second), pending.stream().map(ClusterRegistry.Request::number).toList());
    assertArrayEquals(ONE, pending.getFirst().request());
    assertTrue(command.latest().isEmpty());
  }

  @Test
  @Tag("CR-8")
  void numbersOfRequestsAreNeverUsedTwice() {
    ClusterRegistry node = open(0, 1);
    long last = node.ask(ONE, 41);
    assertTrue(last > 41);
    for (int i = 0; i < 2 * ClusterRegistry.MAX_REQUESTS; i++) {
      node.answer(last, ONE);
      long next = open(1 + i, 1).ask(ONE, 0);
      assertTrue(next > last, next + " after " + last);
      last = next;
    }
  }

  @Test
  @Tag("CR-8")
  @Tag("CR-9")
  void requestsAndAnswersSurviveAPowerFailure() {
    ClusterRegistry node = open(0, 1);
    long answered = node.ask(ONE, 0);
    node.answer(answered, ONE);
    long pending = node.ask(ONE, 0);
    if (losePower()) {
      ClusterRegistry again = open(1, 1);
      assertArrayEquals(ONE, again.answer(answered).orElseThrow());
      assertEquals(pending, again.requests().getFirst().number());
    }
  }

  @Test
  @Tag("CR-9")
  void theFirstAnswerCounts() {
    ClusterRegistry node = open(0, 1);
    ClusterRegistry other = registry(1, 1);
    long number = other.ask(ONE, 0);
    assertTrue(other.answer(number).isEmpty());
    byte[] answer = {9};
    node.answer(number, answer);
    other.answer(number, ONE);
    assertArrayEquals(answer, other.answer(number).orElseThrow());
    assertEquals(List.of(), node.requests());
  }

  @Test
  @Tag("CR-10")
  void aRequestMoreThanAllowedIsRefused() {
    ClusterRegistry node = open(0, 1);
    long first = node.ask(ONE, 0);
    for (int i = 1; i < ClusterRegistry.MAX_REQUESTS; i++) {
      node.ask(ONE, 0);
    }
    WeftException full = assertThrows(WeftException.class, () -> node.ask(ONE, 0));
    assertEquals(MemberErrors.TOO_MANY_REQUESTS, full.code());
    node.answer(first, ONE);
    node.ask(ONE, 0);
    assertThrows(RuntimeException.class, () -> node.ask(bytes(0), 0));
    assertThrows(
        RuntimeException.class, () -> node.ask(bytes(ClusterRegistry.MAX_REQUEST_BYTES + 1), 0));
  }
}
