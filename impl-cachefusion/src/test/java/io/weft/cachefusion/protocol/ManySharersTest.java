// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.CacheFusionMessage.Ack;
import io.weft.cachefusion.protocol.CacheFusionMessage.Data;
import io.weft.cachefusion.protocol.CacheFusionMessage.Done;
import io.weft.cachefusion.protocol.CacheFusionMessage.Forward;
import io.weft.cachefusion.protocol.CacheFusionMessage.Grant;
import io.weft.cachefusion.protocol.CacheFusionMessage.Invalidate;
import io.weft.cachefusion.protocol.CacheFusionMessage.Release;
import io.weft.cachefusion.protocol.CacheFusionMessage.ReleaseAccepted;
import io.weft.cachefusion.protocol.CacheFusionMessage.Request;
import io.weft.cachefusion.protocol.RecordedEffects.Sent;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.store.BlockLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A block that more nodes share than a word has bits: who ships it, who drops it, and what is left
 * of it when nodes go. Node 0 is the master, and shares nothing.
 */
final class ManySharersTest {
  private static final BlockId BLOCK = new BlockId(1, 42);
  private static final int TICKET = 7;

  /** Nodes below the bound share the block. */
  private static final int WRITER = 1;

  private final RecordedEffects effects = new RecordedEffects();
  private final Directory directory = new Directory(0, 1, 1_000, Rules.STANDARD, effects);

  private List<Sent> request(int from, Access access) {
    directory.recvRequest(from, new Request(BLOCK, access, false, TICKET));
    return effects.take();
  }

  private List<Sent> done(int from) {
    directory.recvDone(from, new Done(BLOCK, directory.inspect(BLOCK).stamp(), false));
    return effects.take();
  }

  /** Nodes from {@code first} to {@code last}. */
  private static NodeSet range(int first, int last) {
    return NodeSet.ofFirst(last + 1).minus(NodeSet.ofFirst(first));
  }

  private void share(NodeSet nodes) {
    nodes.forEach(
        node -> {
          request(node, Access.SHARED);
          done(node);
        });
    assertEquals(nodes, directory.inspect(BLOCK).sharers());
  }

  private static NodeSet receiversOf(List<Sent> sent) {
    NodeSet.Builder receivers = new NodeSet.Builder();
    sent.forEach(each -> receivers.add(each.to()));
    assertEquals(sent.size(), receivers.build().size(), "one message for each");
    return receivers.build();
  }

  /** Every sharer gets one invalidation but the writer, which keeps its image. */
  @ParameterizedTest
  @ValueSource(ints = {62, 63, 64, 127, 200, 1_023})
  void aSharerThatWritesIsToldOfAllOthers(int last) {
    NodeSet sharers = range(1, last);
    share(sharers);
    List<Sent> sent = request(last, Access.EXCLUSIVE);
    Grant grant = assertInstanceOf(Grant.class, sent.getFirst().message());
    assertEquals(last, sent.getFirst().to());
    assertEquals(sharers.without(last), grant.invalidated());
    List<Sent> invalidations = sent.subList(1, sent.size());
    assertEquals(grant.invalidated(), receiversOf(invalidations));
    invalidations.forEach(
        each -> assertEquals(new Invalidate(BLOCK, grant.stamp(), last), each.message()));
    done(last);
    assertEquals(last, directory.inspect(BLOCK).owner());
    assertEquals(NodeSet.NONE, directory.inspect(BLOCK).sharers());
  }

  @ParameterizedTest
  @ValueSource(ints = {63, 64, 127, 200, 1_023})
  void aWriterThatHoldsNothingGetsTheImageOfOneAndIsToldOfAllOthers(int last) {
    NodeSet sharers = range(WRITER + 1, last);
    share(sharers);
    List<Sent> sent = request(WRITER, Access.EXCLUSIVE);
    Forward forward = assertInstanceOf(Forward.class, sent.getFirst().message());
    int source = sent.getFirst().to();
    assertTrue(sharers.contains(source));
    assertEquals(sharers.without(source), forward.invalidated());
    assertEquals(forward.invalidated(), receiversOf(sent.subList(1, sent.size())));
    done(WRITER);
    assertEquals(WRITER, directory.inspect(BLOCK).owner());
  }

  @Test
  void manySharersTakeTurnsToShip() {
    NodeSet sharers = range(2, 201);
    share(sharers);
    Set<Integer> sources = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      int source = request(WRITER, Access.SHARED).getFirst().to();
      assertTrue(sharers.with(WRITER).contains(source));
      sources.add(source);
      done(WRITER);
      directory.recvRelease(WRITER, new Release(BLOCK));
      effects.take();
    }
    assertEquals(sharers.size(), sources.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {63, 64, 200, 1_023})
  void allSharersGiveTheBlockUpOneByOne(int last) {
    NodeSet sharers = range(1, last);
    share(sharers);
    sharers.forEach(
        node -> {
          directory.recvRelease(node, new Release(BLOCK));
          assertEquals(List.of(new Sent(node, new ReleaseAccepted(BLOCK))), effects.take());
          assertFalse(directory.inspect(BLOCK).sharers().contains(node));
        });
    assertInstanceOf(Grant.class, request(last, Access.SHARED).getFirst().message());
  }

  /** All nodes wait in one queue, and are served in the order of their arrival. */
  @Test
  void everyNodeMayWaitForTheBlock() {
    request(1, Access.EXCLUSIVE);
    List<Integer> served = new ArrayList<>();
    range(2, 1_023).forEach(node -> assertEquals(List.of(), request(node, Access.EXCLUSIVE)));
    for (int node = 1; node < 1_023; node++) {
      done(node);
      served.add(directory.inspect(BLOCK).requester());
    }
    assertEquals(range(2, 1_023).stream().boxed().toList(), served);
  }

  // ---- view change ---------------------------------------------------------------------------

  private static final BucketMap ALL_HERE =
      new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return 0;
        }

        @Override
        public int bucketsOf(int node) {
          return node == 0 ? Buckets.COUNT : 0;
        }
      };

  private List<BlockId> install(NodeSet insiders) {
    return directory.install(
        Optional.of(new MovableMap(ALL_HERE)), new MovableMap(ALL_HERE), insiders);
  }

  @ParameterizedTest
  @ValueSource(ints = {63, 64, 200, 1_023})
  void keepsABlockWhoseSharersAllStay(int last) {
    share(range(1, last));
    assertEquals(List.of(), install(NodeSet.ofFirst(last + 1)));
    assertEquals(range(1, last), directory.inspect(BLOCK).sharers());
    assertTrue(directory.inspect(BLOCK).serving());
  }

  /** The last sharer fails: the others report what they hold. */
  @ParameterizedTest
  @ValueSource(ints = {63, 64, 200, 1_023})
  void asksTheOtherSharersWhenOneHasGone(int last) {
    share(range(1, last));
    assertEquals(List.of(BLOCK), install(NodeSet.ofFirst(last)));
    Map<Integer, List<Held>> reports = new HashMap<>();
    range(1, last - 1)
        .forEach(node -> reports.put(node, List.of(new Held(BLOCK, Right.SHARED, 4, 0))));
    assertEquals(List.of(), directory.rebuild(reports, List.of()));
    assertEquals(range(1, last - 1), directory.inspect(BLOCK).sharers());
  }

  @Test
  void namesNoBlockThatOnlyLargeNodesOutsideTheViewHeld() {
    share(range(300, 400));
    assertEquals(List.of(), install(NodeSet.ofFirst(300)), "nobody else can hold it");
    assertEquals(NodeSet.NONE, directory.inspect(BLOCK).sharers());
  }

  // ---- the requester ---------------------------------------------------------------------------

  /** Some acknowledgements come before the image, and the one of the largest node comes last. */
  @ParameterizedTest
  @ValueSource(ints = {63, 64, 65, 200, 1_023})
  void theWriterWaitsForEveryAcknowledgement(int last) {
    RecordedEffects own = new RecordedEffects();
    try (FramePool frames = new FramePool(8, 1, new BlockLayout(4096))) {
      ShardCache cache =
          new ShardCache(
              WRITER,
              frames,
              new FrameRange(0, 8),
              new ShardCache.Limits(100, 1, 4, 1),
              Rules.STANDARD,
              own,
              new CacheCounters(new PlainMetrics()));
      LeaseRequest request = new LeaseRequest(BLOCK, Access.EXCLUSIVE, 0, 0, () -> {});
      cache.admission().enter();
      cache.leases().acquire(request);
      NodeSet invalidated = range(3, last);
      range(3, last / 2).forEach(node -> cache.requester().recvAck(node, new Ack(BLOCK, 5)));
      int ticket = cache.state().find(BLOCK).pending.frame;
      cache.requester().recvData(2, new Data(BLOCK, 5, 7, true, invalidated, ticket));
      range(last / 2 + 1, last - 1)
          .forEach(node -> cache.requester().recvAck(node, new Ack(BLOCK, 5)));
      assertEquals(1, cache.state().find(BLOCK).pending.acknowledgementsMissing());
      assertNull(request.outcome(), "one is missing");
      cache.requester().recvAck(last, new Ack(BLOCK, 5));
      assertInstanceOf(LeaseRequest.Granted.class, request.outcome());
    }
  }
}
