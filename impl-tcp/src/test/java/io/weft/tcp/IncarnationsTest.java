// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.TlsSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PeerTable that end, come back, lose each other, and are evicted. */
@Timeout(300)
class IncarnationsTest {
  private static final String BEHIND_THE_PROXY = "127.0.0.2";
  private static final int BLOCK = 8_192;

  private final List<Member> members = TestNode.members(2);
  private final List<TestNode> nodes = new ArrayList<>();
  private final BlockingQueue<String> delivered = new LinkedBlockingQueue<>();

  @AfterEach
  void closeNodes() {
    nodes.reversed().forEach(TestNode::close);
  }

  private static TcpSettings settings(String bindHost, Duration resume) {
    return new TcpSettings(
        TcpSettings.EventLoopKind.AUTO,
        1,
        bindHost,
        Duration.ZERO,
        100,
        Duration.ZERO,
        Duration.ofMillis(1),
        resume,
        Duration.ofSeconds(5),
        Duration.ZERO,
        Duration.ofSeconds(30),
        new ByteSize(0),
        new ByteSize(0),
        TlsSettings.none());
  }

  private TestNode make(int id, long life, TcpSettings tcp, boolean inView) {
    TestNode node = new TestNode(TestNode.node("test", members, id, life), tcp, inView);
    nodes.add(node);
    return node.handling(
        (from, header, payload) ->
            delivered.add("n" + id + "." + life + " got " + header.getInt() + " of n" + from));
  }

  private TestNode start(int id, long life) {
    return make(id, life, TestNode.settings(), true).start();
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  private static void assertConnected(TestNode a, TestNode b) throws InterruptedException {
    assertTrue(a.nextNews().startsWith("connected"));
    assertTrue(b.nextNews().startsWith("connected"));
  }

  private void assertExchange(TestNode a, TestNode b) throws InterruptedException {
    a.send(b.id(), Lane.REQUEST, number(1), Payload.NONE);
    b.send(a.id(), Lane.REQUEST, number(1), Payload.NONE);
    List<String> got = List.of(TestNode.next(delivered), TestNode.next(delivered));
    assertTrue(got.stream().allMatch(line -> line.contains("got 1")), got.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @Tag("TR-9")
  void everyLifeOfAPeerGetsASessionOfItsOwn(int restarting) throws Exception {
    TestNode stays = start(1 - restarting, 5);
    TestNode first = start(restarting, 10);
    assertConnected(stays, first);
    assertExchange(stays, first);
    for (long life = 11; life < 15; life++) {
      CountDownLatch released = new CountDownLatch(1);
      nodes.getLast().transport.abort();
      assertEquals("n" + restarting + " in life " + (life - 1), TestNode.next(stays.breaks));
      stays.send(
          restarting,
          Lane.RESPONSE,
          number(7),
          CountedPayload.filled(8, (byte) 0, released::countDown));
      TestNode again = start(restarting, life);
      assertEquals("lost n" + restarting, stays.nextNews());
      assertTrue(released.await(60, TimeUnit.SECONDS), "the old session gives payloads back");
      assertConnected(stays, again);
      assertTrue(TestNode.next(stays.losses).getMessage().contains("restarted"));
      assertExchange(stays, again);
    }
    assertEquals(5, stays.incarnations.size());
    assertEquals(List.of(), List.copyOf(delivered), "the message to an earlier life stays away");
    assertEquals(List.of(), List.copyOf(stays.failures));
  }

  @Test
  void laterLifeTakesOverFromOneThatSeemsConnectedAndTheEarlierStops() throws Exception {
    TestNode a = start(0, 10);
    TestNode old = start(1, 10);
    assertConnected(a, old);
    TestNode later = make(1, 11, settings(BEHIND_THE_PROXY, Duration.ofSeconds(60)), true).start();
    assertEquals("lost n1", a.nextNews());
    assertConnected(a, later);
    assertEquals(TransportErrors.DUPLICATE_NODE_ID, TestNode.next(old.failures).code());
    assertExchange(a, later);
    assertEquals(List.of(), List.copyOf(later.failures));
    assertEquals(List.of(), List.copyOf(a.failures));
  }

  @Test
  void laterLifeComesAfterAGoodbye() throws Exception {
    TestNode a = start(0, 10);
    TestNode b = start(1, 10);
    assertConnected(a, b);
    b.close();
    assertEquals("goodbye n1", a.nextNews());
    TestNode again = start(1, 11);
    assertConnected(a, again);
    assertExchange(a, again);
    assertEquals(List.of(), List.copyOf(a.losses));
    assertEquals(List.of(), List.copyOf(a.breaks), "hanging up after a goodbye is no break");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void evictedLifeIsToldSoAndTheNextOneIsWelcome(int evicted) throws Exception {
    TestNode out = start(evicted, 10);
    TestNode in = start(1 - evicted, 10);
    assertConnected(out, in);
    in.transport.evict(evicted, 10);
    assertEquals("lost n" + in.id(), out.nextNews());
    assertEquals(TransportErrors.EVICTED, TestNode.next(out.losses).code());
    CountDownLatch released = new CountDownLatch(2);
    Payload dropped = CountedPayload.filled(8, (byte) 0, released::countDown);
    in.send(evicted, Lane.RESPONSE, number(7), dropped);
    out.send(
        in.id(), Lane.RESPONSE, number(7), CountedPayload.filled(8, (byte) 0, released::countDown));
    assertTrue(released.await(60, TimeUnit.SECONDS), "messages to who is out are dropped");
    assertEquals(List.of(), List.copyOf(out.failures), "membership stops the node");
    out.transport.abort();
    TestNode again = start(evicted, 11);
    assertConnected(in, again);
    assertExchange(in, again);
    assertEquals(List.of(), List.copyOf(in.losses), "an eviction is no news to who asked for it");
    assertEquals(List.of(), List.copyOf(in.failures));
    assertEquals(List.of(), List.copyOf(delivered));
  }

  @Test
  void evictedLifeIsRefusedEvenIfItNeverCame() throws Exception {
    TestNode a = start(0, 10);
    a.transport.evict(1, 20);
    TestNode b = start(1, 19);
    WeftException reason = TestNode.next(b.losses);
    assertEquals(TransportErrors.EVICTED, reason.code());
    assertTrue(reason.getMessage().contains("restart it"), reason.getMessage());
    b.transport.abort();
    assertConnected(a, start(1, 21));
    assertEquals(List.of(), List.copyOf(a.losses));
  }

  @Test
  void evictionOfAnEarlierLifeLeavesTheSessionAlone() throws Exception {
    TestNode a = start(0, 10);
    TestNode b = start(1, 10);
    assertConnected(a, b);
    a.transport.evict(1, 9);
    assertExchange(a, b);
    assertEquals(List.of(), List.copyOf(b.breaks));
  }

  /** Payloads queued for a life come back when it is evicted, connected or not. */
  @Test
  @Tag("TR-3")
  @Tag("PL-2")
  void evictionGivesPayloadsBack() throws Exception {
    TestNode a = start(0, 10);
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(7), CountedPayload.filled(8, (byte) 0, released::countDown));
    a.transport.evict(1, 10);
    assertTrue(released.await(60, TimeUnit.SECONDS));
  }

  /** What waited for a member that never came is dropped when it is none any more. */
  @Test
  void viewWithoutTheNodeGivesPayloadsBack() throws Exception {
    TestNode a = start(0, 10);
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(7), CountedPayload.filled(8, (byte) 0, released::countDown));
    a.install(2, members.subList(0, 1), Map.of());
    a.transport.viewInstalled(() -> {});
    assertTrue(released.await(60, TimeUnit.SECONDS));
    TestNode b = start(1, 10);
    b.install(2, members, Map.of());
    assertConnected(a, b);
    assertExchange(a, b);
  }

  /** Both live, but neither knows what the other one has missed. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @Tag("TR-5")
  void thoseWhoLostEachOtherWaitUntilOneIsRestarted(int restarting) throws Exception {
    Duration resume = Duration.ofMillis(300);
    try (FaultyProxy proxy =
        new FaultyProxy(TestNode.HOST, members.get(0).port(), BEHIND_THE_PROXY)) {
      proxy.heal();
      TestNode a = make(0, 10, settings(BEHIND_THE_PROXY, resume), true).start();
      TestNode b = make(1, 10, settings("", resume), true).start();
      assertConnected(a, b);
      proxy.part();
      assertEquals("n1 in life 10", TestNode.next(a.breaks));
      assertEquals("n0 in life 10", TestNode.next(b.breaks));
      assertEquals("lost n1", a.nextNews());
      assertEquals("lost n0", b.nextNews());
      proxy.join();
      long before = a.count("rejected-connections");
      TestNode.await(() -> a.count("rejected-connections") > before);
      CountDownLatch released = new CountDownLatch(2);
      for (TestNode node : List.of(a, b)) {
        node.send(
            1 - node.id(),
            Lane.RESPONSE,
            number(7),
            CountedPayload.filled(8, (byte) 0, released::countDown));
      }
      assertTrue(released.await(60, TimeUnit.SECONDS), "messages to the lost are dropped");
      (restarting == 0 ? a : b).transport.abort();
      TestNode again =
          make(restarting, 11, settings(restarting == 0 ? BEHIND_THE_PROXY : "", resume), true)
              .start();
      TestNode stayed = restarting == 0 ? b : a;
      assertConnected(stayed, again);
      assertExchange(stayed, again);
      assertEquals(1, a.losses.size());
      assertEquals(1, b.losses.size());
      assertEquals(List.of(), List.copyOf(a.failures));
      assertEquals(List.of(), List.copyOf(b.failures));
      assertEquals(List.of(), List.copyOf(delivered));
    }
  }

  /** The side that noticed nothing hears from the one that gave up. */
  @Test
  void lossIsToldToWhoHasNotNoticed() throws Exception {
    try (FaultyProxy proxy =
        new FaultyProxy(TestNode.HOST, members.get(0).port(), BEHIND_THE_PROXY)) {
      proxy.heal();
      TestNode a = make(0, 10, settings(BEHIND_THE_PROXY, Duration.ofMinutes(5)), true).start();
      TestNode b = make(1, 10, settings("", Duration.ofMillis(300)), true).start();
      assertConnected(a, b);
      proxy.part();
      assertEquals("lost n0", b.nextNews());
      proxy.join();
      assertEquals("lost n1", a.nextNews());
      WeftException reason = TestNode.next(a.losses);
      assertEquals(TransportErrors.PEER_LOST, reason.code());
    }
  }

  @Test
  void resetIsReportedAtOnceAndTheSessionGoesOn() throws Exception {
    try (FaultyProxy proxy =
        new FaultyProxy(TestNode.HOST, members.get(0).port(), BEHIND_THE_PROXY)) {
      proxy.heal();
      Duration resume = Duration.ofMinutes(5);
      TestNode a = make(0, 10, settings(BEHIND_THE_PROXY, resume), true).start();
      TestNode b = make(1, 10, settings("", resume), true).start();
      assertConnected(a, b);
      proxy.reset();
      assertEquals("n1 in life 10", TestNode.next(a.breaks));
      assertEquals("n0 in life 10", TestNode.next(b.breaks));
      assertExchange(a, b);
      assertEquals(1, a.incarnations.size(), "the same session");
      assertEquals(List.of(), List.copyOf(a.losses));
    }
  }

  @Test
  @Tag("TR-3")
  void messageToAMemberThatIsNotThereYetWaitsForIt() throws Exception {
    TestNode a = start(0, 10);
    TestNode b = start(1, 10);
    assertConnected(a, b);
    b.transport.abort();
    TestNode.next(a.breaks);
    a.install(2, members, Map.of(new NodeId(0), 10L, new NodeId(1), 20L));
    a.transport.evict(1, 10);
    CountDownLatch quiet = new CountDownLatch(1);
    a.transport.viewInstalled(quiet::countDown);
    assertTrue(quiet.await(60, TimeUnit.SECONDS));
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(3), CountedPayload.filled(8, (byte) 0, released::countDown));
    a.transport.send(1, TestNode.SERVICE, Lane.CONTROL, Views.NO_EPOCH, number(4), Payload.NONE);
    TestNode again = make(1, 20, TestNode.settings(), false).start();
    assertConnected(a, again);
    assertTrue(released.await(60, TimeUnit.SECONDS));
    assertEquals(List.of(), List.copyOf(delivered), "it waits for the view");
    again.install(2, members, Map.of());
    again.transport.viewInstalled(() -> delivered.add("quiet"));
    assertEquals("n1.20 got 3 of n0", TestNode.next(delivered));
    assertEquals("quiet", TestNode.next(delivered));
    assertEquals(List.of(), List.copyOf(delivered), "what has no epoch does not wait for a life");
  }

  /**
   * Connections that break inside frames and flip bits, under a node that is killed and restarted.
   */
  @Test
  void livesDoNotMixOverFaultyLinks() throws Exception {
    int incarnations = 6;
    int count = 300;
    List<CountedPayload> payloads = new ArrayList<>();
    AtomicInteger releases = new AtomicInteger();
    AtomicIntegerArray toFirst = new AtomicIntegerArray((incarnations + 1) * count);
    AtomicIntegerArray toSecond = new AtomicIntegerArray((incarnations + 1) * count);
    AtomicInteger wrong = new AtomicInteger();
    try (FaultyProxy proxy =
        new FaultyProxy(TestNode.HOST, members.get(0).port(), BEHIND_THE_PROXY)) {
      TcpSettings behind = settings(BEHIND_THE_PROXY, Duration.ofSeconds(60));
      TestNode a =
          new TestNode(TestNode.node("test", members, 0, 1), behind)
              .handling((from, header, payload) -> count(toFirst, count, header));
      nodes.add(a);
      a.start();
      for (int life = 1; life <= incarnations; life++) {
        int present = life;
        TestNode b =
            new TestNode(
                    TestNode.node("test", members, 1, life), settings("", Duration.ofSeconds(60)))
                .handling(
                    (from, header, payload) -> {
                      if (header.getInt(header.position()) != present
                          || !CountedPayload.isFilledWith(payload, (byte) present)) {
                        wrong.incrementAndGet();
                      }
                      count(toSecond, count, header);
                    });
        nodes.add(b);
        b.start();
        if (life > 1) {
          assertEquals("lost n1", a.nextNews());
        }
        assertEquals("connected n1", a.nextNews());
        for (int i = 0; i < count; i++) {
          byte[] header = ByteBuffer.allocate(8).putInt(life).putInt(i).array();
          for (TestNode node : List.of(a, b)) {
            CountedPayload image =
                CountedPayload.filled(BLOCK, (byte) life, releases::incrementAndGet);
            payloads.add(image);
            node.send(1 - node.id(), Lane.values()[i % 4], header, image);
          }
        }
        int enough = life < incarnations ? count / 3 : count;
        TestNode.await(
            () ->
                seen(toFirst, present, count) >= enough
                    && seen(toSecond, present, count) >= enough);
        if (life < incarnations) {
          b.transport.abort();
        }
      }
      proxy.heal();
      TestNode.await(() -> releases.get() == payloads.size());
      assertEquals(List.of(), List.copyOf(a.failures));
    }
    assertEquals(0, wrong.get());
    for (int i = 0; i < (incarnations + 1) * count; i++) {
      assertTrue(toFirst.get(i) <= 1 && toSecond.get(i) <= 1, "message " + i + " came twice");
    }
    for (CountedPayload payload : payloads) {
      assertEquals(1, payload.releases());
    }
  }

  private static void count(AtomicIntegerArray seen, int count, ByteBuffer header) {
    seen.incrementAndGet(header.getInt() * count + header.getInt());
  }

  private static int seen(AtomicIntegerArray seen, int life, int count) {
    int came = 0;
    for (int i = 0; i < count; i++) {
      came += seen.get(life * count + i);
    }
    return came;
  }
}
