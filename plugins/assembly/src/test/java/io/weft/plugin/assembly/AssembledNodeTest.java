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
import io.weft.api.CoreErrors;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import io.weft.api.WeftException;
import io.weft.spi.store.StoreErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AssembledNodeTest {
  private final List<AssembledNode> started = new ArrayList<>();
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
  private List<AssembledNode> startTwo() throws Exception {
    try (var executor = Executors.newSingleThreadExecutor()) {
      Future<AssembledNode> first = executor.submit(() -> start(0, 2));
      recording.await(0, "transport.start");
      AssembledNode second = start(1, 2);
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

    node.close();
    node.close();

    node.stopped().toCompletableFuture().join();
    assertEquals(
        List.of(
            "store.open",
            "transport.start",
            "cache.drain",
            "cache.leave",
            "transport.close",
            "store.force",
            "store.close",
            "redo.close",
            "cache.close"),
        recording.of(0));
  }

  @Test
  void startThatFailsHalfwayClosesWhatItOpened() {
    recording.refusal = new WeftException(StoreErrors.FOREIGN_STORE, "not ours");

    WeftException thrown = assertThrows(WeftException.class, () -> start(0, 1));

    assertSame(recording.refusal, thrown);
    assertEquals(
        List.of("store.open", "store.close", "redo.close", "cache.close"), recording.of(0));
  }

  @Test
  void namesTheMembersThatAreMissing() {
    WeftException thrown = assertThrows(WeftException.class, () -> start(1, 3));

    assertEquals(AssemblyErrors.FORM_TIMEOUT, thrown.code());
    assertTrue(thrown.getMessage().contains("[n0@here:1, n2@here:3]"), thrown.getMessage());
    assertTrue(recording.of(1).contains("transport.abort"), () -> "" + recording.of(1));
    assertTrue(recording.of(1).contains("cache.close"), () -> "" + recording.of(1));
  }

  @Test
  void failureStopsTheCacheAtOnceAndSaysNoGoodbye() throws Exception {
    List<AssembledNode> nodes = startTwo();
    WeftException reason = new WeftException(CoreErrors.INVARIANT_BROKEN, "two owners");
    WeftException second = new WeftException(CoreErrors.MEMBER_LOST, "and then");

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
  void lostMemberStopsTheNode() throws Exception {
    List<AssembledNode> nodes = startTwo();

    recording
        .listeners
        .get(0)
        .onLost(new NodeId(1), new WeftException(CoreErrors.MEMBER_LOST, "connection reset"));

    WeftException reason = reasonOf(nodes.getFirst());
    assertEquals(CoreErrors.MEMBER_LOST, reason.code());
    assertTrue(reason.getMessage().contains("n0 stops because it has lost n1: connection reset"));
  }

  @Test
  void nodeLeavesAlone() throws Exception {
    List<AssembledNode> nodes = startTwo();

    nodes.get(1).close();

    assertTrue(recording.of(0).contains("cache.peerLeft 1"));
    assertFalse(nodes.get(0).stopped().toCompletableFuture().isDone());
  }

  @Test
  void nodesThatLeaveTogetherWaitForEachOther() throws Exception {
    List<AssembledNode> nodes = startTwo();
    CompletableFuture<Void> slow = new CompletableFuture<>();
    recording.drains.put(1, slow);
    CompletableFuture<Void> second = CompletableFuture.runAsync(nodes.get(1)::close);
    recording.await(1, "cache.drain");
    CompletableFuture<Void> first = CompletableFuture.runAsync(nodes.get(0)::close);
    recording.await(0, "cache.drain");

    // More than the time in which a node that stays would have answered.
    Fakes.Clockwork clock = new Fakes.Clockwork();
    CompletableFuture<Void> later = new CompletableFuture<>();
    clock.schedule(2 * Leaving.LINGER_NS, () -> later.complete(null));
    later.join();
    clock.close();
    assertFalse(recording.of(0).contains("transport.close"), "left while the other still drains");

    slow.complete(null);
    first.join();
    second.join();
    assertTrue(recording.of(0).contains("transport.close"));
    assertTrue(recording.of(1).contains("transport.close"));
  }

  @Test
  void silentPeerDelaysAPlannedEndAndDoesNotChangeIt() throws Exception {
    List<AssembledNode> nodes = startTwo();
    recording.links.remove(0);

    nodes.get(1).close();

    List<String> events = recording.of(1);
    assertEquals(
        List.of("cache.drain", "cache.leave", "transport.close"),
        events.subList(events.indexOf("cache.drain"), events.indexOf("store.force")));
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
