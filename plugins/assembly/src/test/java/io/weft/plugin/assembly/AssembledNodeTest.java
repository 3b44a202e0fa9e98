// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.weft.api.ClusterState;
import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.RecoveryPhase;
import io.weft.api.RecoveryProgress;
import io.weft.api.ResourceClass;
import io.weft.api.WeftException;
import io.weft.spi.membership.Membership;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.store.StoreErrors;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
final class AssembledNodeTest {
  private final List<AssembledNode> started = new CopyOnWriteArrayList<>();
  private String cluster = "";
  private Recording recording = new Recording();

  @BeforeEach
  void ownCluster(TestInfo test) {
    cluster = test.getTestMethod().orElseThrow().getName();
    recording = Recording.of(cluster);
  }

  @AfterEach
  void closeAll() {
    List<CompletableFuture<Void>> closing =
        started.stream().map(node -> CompletableFuture.runAsync(node::close)).toList();
    closing.forEach(close -> close.exceptionally(_ -> null).join());
  }

  private AssembledNode start(int node, int nodes, String... more) {
    String text = Fakes.config(cluster, node, nodes) + String.join("\n", more);
    AssembledNode made = Assembly.of(ConfigFactory.parseString(text)).plan().start();
    started.add(made);
    return made;
  }

  /** Starts both nodes of a cluster; each waits for the other. */
  private List<AssembledNode> startTwo(String... more) throws Exception {
    try (var executor = Executors.newSingleThreadExecutor()) {
      Future<AssembledNode> first = executor.submit(() -> start(0, 2, more));
      recording.await(0, "transport.start");
      AssembledNode second = start(1, 2, more);
      return List.of(first.get(), second);
    }
  }

  private static WeftException reasonOf(AssembledNode node) {
    CompletionException thrown =
        assertThrows(CompletionException.class, () -> node.stopped().toCompletableFuture().join());
    return assertInstanceOf(WeftException.class, thrown.getCause());
  }

  @Test
  void opensAndClosesItsPartsInOrder() {
    AssembledNode node = start(0, 1, "weft.resource-classes { 7 = index }");
    assertEquals(new NodeId(0), node.id());
    assertEquals(1, node.view().members().size());
    assertEquals(ResourceClass.INDEX, node.resourceClass(7));
    assertEquals(ResourceClass.DATA, node.resourceClass(8));
    assertEquals(4711, node.settings().incarnation());
    assertEquals(ClusterState.OPERATIONAL, node.clusterState());
    assertEquals(NodeState.HEALTHY, node.stateOf(new NodeId(0)));
    assertEquals(Optional.empty(), node.recovery());

    node.close();
    node.close();

    node.stopped().toCompletableFuture().join();
    assertEquals(ClusterState.STOPPED, node.clusterState());
    assertEquals(
        List.of(
            "store.open",
            "registry.open",
            "device.open",
            "transport.start",
            "redo.open",
            "membership.join",
            "cache.install 1",
            "cache.drain",
            "redo.beginCheckpoint",
            "store.force",
            "redo.endCheckpoint 17",
            "redo.close",
            "membership.leave",
            "membership.close",
            "transport.close",
            "store.close",
            "device.close",
            "cache.close",
            "registry.close"),
        recording.of(0));
  }

  @Test
  void startThatFailsHalfwayClosesWhatItOpened() {
    recording.refusal = new WeftException(StoreErrors.FOREIGN_STORE, "not ours");

    WeftException thrown = assertThrows(WeftException.class, () -> start(0, 1));

    assertSame(recording.refusal, thrown);
    assertEquals(
        List.of(
            "store.open",
            "membership.close",
            "redo.close",
            "store.close",
            "device.close",
            "cache.close",
            "registry.close"),
        recording.of(0));
  }

  @Test
  void namesThePluginThatThrowsWhatItMustNot() {
    recording.refusal = new IllegalStateException("a bug of the plugin");

    WeftException thrown = assertThrows(WeftException.class, () -> start(0, 1));

    assertEquals(AssemblyErrors.PLUGIN_FAILED, thrown.code());
    assertSame(recording.refusal, thrown.getCause());
    String message = thrown.getMessage();
    assertTrue(message.startsWith("BlockStore \"fake\" ("), message);
    assertTrue(message.contains("open threw java.lang.IllegalStateException"), message);
  }

  @Test
  void aPlannedEndWaitsForStorageThatHangsNoLongerThanItMay() throws Exception {
    List<AssembledNode> nodes = startTwo("weft.drain-timeout = 1 s");
    recording.force = new CompletableFuture<>();

    WeftException thrown = assertThrows(WeftException.class, nodes.getFirst()::close);

    assertEquals(AssemblyErrors.DRAIN_FAILED, thrown.code());
    assertTrue(thrown.getMessage().contains("weft.drain-timeout = 1 s"), thrown.getMessage());
    assertTrue(recording.of(0).contains("transport.abort"));
    assertFalse(recording.of(0).contains("redo.endCheckpoint 17"));
    recording.force.complete(null);
  }

  @Test
  void namesTheMembersThatAreMissing() {
    WeftException thrown =
        assertThrows(WeftException.class, () -> start(1, 3, "weft.form-timeout = 1 s"));

    assertEquals(AssemblyErrors.FORM_TIMEOUT, thrown.code());
    assertTrue(thrown.getMessage().contains("[n0@here:1, n2@here:3]"), thrown.getMessage());
    assertTrue(recording.of(1).contains("transport.abort"), () -> "" + recording.of(1));
    assertTrue(recording.of(1).contains("cache.close"), () -> "" + recording.of(1));
  }

  @Test
  void namesWhatItHasWaitedForAndWhatKeepsItFromTheOthers() {
    recording.obstacles = List.of("n0 refuses the connection: weft.x is 1 there and 2 here");
    recording.joining = () -> new Membership.Joining(0, "the redo of n2.7, which is damaged");
    WeftException thrown =
        assertThrows(WeftException.class, () -> start(1, 3, "weft.form-timeout = 1 s"));

    String message = thrown.getMessage();
    assertTrue(message.contains("waited for the redo of n2.7, which is damaged"), message);
    assertTrue(message.contains("weft.x is 1 there and 2 here"), message);
  }

  @Test
  void theTimeToFormBeginsAnewWhileOthersRecover() throws Exception {
    AtomicLong looks = new AtomicLong();
    CountDownLatch later = new CountDownLatch(40);
    recording.joining =
        () -> {
          later.countDown();
          return new Membership.Joining(looks.incrementAndGet(), "the recovery of others");
        };
    try (var executor = Executors.newSingleThreadExecutor()) {
      Future<AssembledNode> first = executor.submit(() -> start(0, 2, "weft.form-timeout = 1 s"));
      later.await(); // 40 looks a tenth of a second apart
      start(1, 2, "weft.form-timeout = 1 s");
      assertEquals(2, first.get().view().members().size());
    }
  }

  @Test
  void aStartThatIsGivenUpLeavesNoLog() throws Exception {
    CompletableFuture<Void> giveUp = new CompletableFuture<>();
    Plan plan = Assembly.of(ConfigFactory.parseString(Fakes.config(cluster, 0, 2))).plan();
    try (var executor = Executors.newSingleThreadExecutor()) {
      Future<AssembledNode> waiting = executor.submit(() -> plan.start(giveUp));
      recording.await(0, "membership.join");
      giveUp.complete(null);
      WeftException thrown =
          assertInstanceOf(
              WeftException.class, assertThrows(ExecutionException.class, waiting::get).getCause());
      assertEquals(AssemblyErrors.START_INTERRUPTED, thrown.code());
    }
    assertTrue(recording.of(0).contains("redo.close"), () -> "" + recording.of(0));
    assertTrue(recording.of(0).contains("registry.close"), () -> "" + recording.of(0));
  }

  @Test
  void aStartThatIsGivenUpTooLateIsNotDisturbed() throws Exception {
    CompletableFuture<Void> giveUp = new CompletableFuture<>();
    Plan plan = Assembly.of(ConfigFactory.parseString(Fakes.config(cluster, 0, 1))).plan();
    AssembledNode node = plan.start(giveUp);
    started.add(node);
    giveUp.complete(null);
    assertFalse(node.stopped().toCompletableFuture().isDone());
  }

  @Test
  void aPortThatIsTakenLeavesNoLog() {
    recording.noTransport = new WeftException(StoreErrors.FOREIGN_STORE, "the port is taken");
    assertSame(recording.noTransport, assertThrows(WeftException.class, () -> start(0, 1)));
    assertFalse(recording.of(0).contains("redo.open"), () -> "" + recording.of(0));
  }

  @Test
  void theTimeToFormBeginsAnewWhileARecoveryAdvances() throws Exception {
    AtomicLong looks = new AtomicLong();
    CountDownLatch later = new CountDownLatch(40);
    recording.progress =
        () -> {
          later.countDown();
          return Optional.of(progress(looks.incrementAndGet()));
        };
    try (var executor = Executors.newSingleThreadExecutor()) {
      Future<AssembledNode> first = executor.submit(() -> start(0, 2, "weft.form-timeout = 1 s"));
      later.await(); // 40 looks a tenth of a second apart
      start(1, 2, "weft.form-timeout = 1 s");
      assertEquals(2, first.get().view().members().size());
    }
  }

  private static RecoveryProgress progress(long records) {
    return new RecoveryProgress(
        new Epoch(1), RecoveryPhase.REDO_RECOVERY, 1, 0, Optional.empty(), records, 0, 0, 0);
  }

  @Test
  @Tag("NF-1")
  @Tag("NF-2")
  @Tag("NF-3")
  void failureStopsTheCacheAtOnceAndSaysNoGoodbye() throws Exception {
    List<AssembledNode> nodes = startTwo();
    WeftException reason = new WeftException(CoreErrors.INVARIANT_BROKEN, "two owners");
    WeftException second = new WeftException(CoreErrors.INVARIANT_BROKEN, "and then");

    recording.failures.get(0).stop(reason);
    assertTrue(recording.of(0).contains("cache.fail INVARIANT_BROKEN"));
    recording.failures.get(0).stop(second);

    assertSame(reason, reasonOf(nodes.getFirst()));
    assertEquals(List.of(second), List.of(reason.getSuppressed()));
    nodes.getFirst().close();
    assertTrue(recording.of(0).contains("transport.abort"));
    assertFalse(recording.of(0).contains("transport.close"));
    assertFalse(recording.of(0).contains("cache.drain"));
    assertTrue(recording.of(0).contains("store.close"));
  }

  @Test
  @Tag("NF-4")
  void consequenceOfALeaseThatIsOverIsNoReasonToStop() throws Exception {
    List<AssembledNode> nodes = startTwo();
    WeftException reason = new WeftException(CoreErrors.INVARIANT_BROKEN, "two owners");

    recording.failures.get(0).stop(new WeftException(CoreErrors.NODE_STOPPED, "no lease"));
    assertFalse(nodes.getFirst().stopped().toCompletableFuture().isDone());
    recording.failures.get(0).stop(reason);

    assertSame(reason, reasonOf(nodes.getFirst()));
    assertEquals(0, reason.getSuppressed().length);
  }

  @Test
  @Tag("NF-3")
  void failureEndsTheLeaseAtOnce() throws Exception {
    startTwo();
    assertTrue(recording.views.get(0).leaseHolds());

    recording.failures.get(0).stop(new WeftException(CoreErrors.INVARIANT_BROKEN, "two owners"));

    assertFalse(recording.views.get(0).leaseHolds());
    assertTrue(recording.views.get(1).leaseHolds());
  }

  @Test
  void reasonOfAMembershipThatFindsNoViewIsTheErrorOfTheStart() {
    recording.noView = new WeftException(MembershipErrors.OLD_INCARNATION, "the clock went back");

    WeftException thrown = assertThrows(WeftException.class, () -> start(0, 2));

    assertSame(recording.noView, thrown);
    assertTrue(recording.of(0).contains("transport.abort"), () -> "" + recording.of(0));
    assertFalse(recording.of(0).contains("membership.leave"), () -> "" + recording.of(0));
  }

  @Test
  void nodeLeavesAlone() throws Exception {
    List<AssembledNode> nodes = startTwo();

    nodes.get(1).close();

    assertTrue(recording.of(0).contains("goodbye of n1"));
    assertFalse(nodes.get(0).stopped().toCompletableFuture().isDone());
  }

  @Test
  void saysNoGoodbyeBeforeTheOthersHaveAViewWithoutIt() throws Exception {
    List<AssembledNode> nodes = startTwo();
    CompletableFuture<Void> slow = new CompletableFuture<>();
    recording.leaves.put(1, slow);

    CompletableFuture<Void> closing = CompletableFuture.runAsync(nodes.get(1)::close);
    recording.await(1, "membership.leave");
    assertEquals(ClusterState.SHUTTING_DOWN, nodes.get(1).clusterState());
    assertFalse(recording.of(1).contains("transport.close"));
    assertFalse(recording.of(1).contains("registry.close"));

    slow.complete(null);
    closing.join();
    assertTrue(recording.of(1).contains("transport.close"));
  }

  @Test
  void othersThatDoNotAgreeDelayAPlannedEndAndDoNotChangeIt() throws Exception {
    List<AssembledNode> nodes = startTwo("weft.leave-timeout = 1 s");
    recording.leaves.put(1, new CompletableFuture<>());

    nodes.get(1).close();

    assertTrue(recording.of(1).contains("transport.close"));
    nodes.get(1).stopped().toCompletableFuture().join();
  }

  @Test
  void drainThatFailsIsReportedAndIsNoGoodbye() throws Exception {
    List<AssembledNode> nodes = startTwo();
    recording.drains.put(
        0,
        CompletableFuture.failedFuture(new WeftException(StoreErrors.WRITE_FAILED, "disk full")));

    WeftException thrown = assertThrows(WeftException.class, nodes.getFirst()::close);

    assertEquals(AssemblyErrors.DRAIN_FAILED, thrown.code());
    assertTrue(thrown.getMessage().contains("disk full"), thrown.getMessage());
    assertSame(thrown, reasonOf(nodes.getFirst()));
    assertTrue(recording.of(0).contains("transport.abort"));
    assertTrue(recording.of(0).contains("cache.close"));
  }
}
