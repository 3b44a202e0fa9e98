// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(300)
class TcpTransportTest {
  private static final int BLOCK = 8_192;
  private static final Lane[] LANES = Lane.values();

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "NIO"})
  @Tag("MH-2")
  void exchangesMessagesOnAllLanes(TcpSettings.EventLoopKind kind) throws Exception {
    TcpSettings settings = TestNode.settings(kind, 1, Duration.ZERO, Duration.ofSeconds(60));
    exchange(3, 2_000, settings, 0);
  }

  @Test
  void severalEventLoopsServeThePeers() throws Exception {
    TcpSettings settings =
        TestNode.settings(TcpSettings.EventLoopKind.AUTO, 3, Duration.ZERO, Duration.ofSeconds(60));
    exchange(4, 2_000, settings, 0);
  }

  @Test
  void batchWindowDelaysButDeliversEverything() throws Exception {
    TcpSettings settings =
        TestNode.settings(
            TcpSettings.EventLoopKind.AUTO, 1, Duration.ofMillis(1), Duration.ofSeconds(60));
    exchange(2, 5_000, settings, 0);
  }

  @Test
  void deliversHundredThousandMessagesBothWays() throws Exception {
    exchange(2, 100_000, TestNode.settings(), 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "NIO"})
  @Tag("TR-1")
  void deliversExactlyOnceOverBrokenConnections(TcpSettings.EventLoopKind kind) throws Exception {
    TcpSettings settings = TestNode.settings(kind, 1, Duration.ZERO, Duration.ofSeconds(60));
    exchange(3, 20_000, settings, 200);
  }

  @Test
  @Tag("TR-8")
  void whatABurstHoldsBackLeavesWhenItEnds() throws Exception {
    List<Member> members = TestNode.members(2);
    CountDownLatch received = new CountDownLatch(30);
    try (TestNode sender = new TestNode(TestNode.node(members, 0), TestNode.settings());
        TestNode receiver = new TestNode(TestNode.node(members, 1), TestNode.settings())) {
      sender.handling((_, _, _) -> {}).start();
      receiver.handling((_, _, _) -> received.countDown()).start();
      sender.nextNews();
      sender.transport.beginBurst();
      for (int i = 0; i < 10; i++) {
        sender.send(1, Lane.REQUEST, new byte[8], Payload.NONE);
      }
      sender.transport.beginBurst();
      for (int i = 0; i < 10; i++) {
        sender.send(1, Lane.CONTROL, new byte[8], Payload.NONE);
      }
      sender.transport.endBurst();
      for (int i = 0; i < 10; i++) {
        sender.send(1, Lane.REQUEST, new byte[8], Payload.NONE);
      }
      sender.transport.endBurst();
      assertTrue(received.await(60, TimeUnit.SECONDS), () -> received.getCount() + " are missing");
    }
  }

  /** Every node sends {@code count} messages to every other one while connections are cut. */
  private static void exchange(int nodes, int count, TcpSettings settings, int cuts)
      throws Exception {
    List<Member> members = TestNode.members(nodes);
    List<TestNode> cluster = new ArrayList<>();
    int pairs = nodes * (nodes - 1);
    CountDownLatch received = new CountDownLatch(pairs * count);
    AtomicIntegerArray seen = new AtomicIntegerArray(nodes * nodes * count);
    List<String> wrong = new ArrayList<>();
    for (int n = 0; n < nodes; n++) {
      int me = n;
      TestNode node = new TestNode(TestNode.node(members, n), settings);
      node.handling(
          (from, header, payload) -> {
            int number = header.getInt();
            int bytes = header.getInt();
            byte fill = (byte) (number * 31 + from);
            if (payload.byteSize() != bytes || !CountedPayload.isFilledWith(payload, fill)) {
              synchronized (wrong) {
                wrong.add("message " + number + " from " + from + " to " + me);
              }
            }
            seen.incrementAndGet((me * nodes + from) * count + number);
            received.countDown();
          });
      cluster.add(node);
    }
    List<CountedPayload> payloads = new ArrayList<>();
    CountDownLatch released = new CountDownLatch(pairs * ((count + 3) / 4));
    try {
      cluster.forEach(TestNode::start);
      List<Thread> senders = new ArrayList<>();
      for (int from = 0; from < nodes; from++) {
        for (int to = 0; to < nodes; to++) {
          if (from != to) {
            int source = from;
            int target = to;
            senders.add(
                Thread.ofPlatform()
                    .start(
                        () ->
                            sendAll(
                                cluster.get(source), source, target, count, payloads, released)));
          }
        }
      }
      Random random = new Random(4711);
      if (cuts > 0) { // what is not there yet cannot be cut
        TestNode.await(
            () -> cluster.stream().allMatch(node -> node.incarnations.size() == nodes - 1));
      }
      for (int i = 0; i < cuts; i++) {
        int node = random.nextInt(nodes);
        cluster.get(node).transport.cut((node + 1 + random.nextInt(nodes - 1)) % nodes);
        received.await(2, TimeUnit.MILLISECONDS);
      }
      for (Thread sender : senders) {
        sender.join();
      }
      assertTrue(received.await(200, TimeUnit.SECONDS), received.getCount() + " did not come");
      assertTrue(released.await(60, TimeUnit.SECONDS), released.getCount() + " not released");
    } finally {
      cluster.forEach(TestNode::close);
    }
    assertEquals(List.of(), wrong);
    for (int to = 0; to < nodes; to++) {
      for (int from = 0; from < nodes; from++) {
        for (int i = 0; i < count && from != to; i++) {
          assertEquals(1, seen.get((to * nodes + from) * count + i));
        }
      }
    }
    for (CountedPayload payload : payloads) {
      assertEquals(1, payload.releases());
    }
    long reconnects = cluster.stream().mapToLong(node -> node.count("reconnects")).sum();
    assertEquals(cuts > 0, reconnects > 0);
    for (TestNode node : cluster) {
      assertEquals(List.of(), List.copyOf(node.failures));
      assertEquals(List.of(), List.copyOf(node.losses));
    }
  }

  private static void sendAll(
      TestNode node,
      int from,
      int to,
      int count,
      List<CountedPayload> payloads,
      CountDownLatch released) {
    for (int i = 0; i < count; i++) {
      boolean image = i % 4 == 0;
      int bytes = image ? (i % 3 == 0 ? BLOCK : 100 + i % 5_000) : 0;
      ByteBuffer header = ByteBuffer.allocate(8 + i % 40).putInt(i).putInt(bytes);
      Payload payload = Payload.NONE;
      if (image) {
        CountedPayload memory =
            CountedPayload.filled(bytes, (byte) (i * 31 + from), released::countDown);
        synchronized (payloads) {
          payloads.add(memory);
        }
        payload = memory;
      }
      node.send(to, LANES[i % 4], header.array(), payload);
    }
  }

  @Test
  @Tag("TR-6")
  void answersFromHandlersAndAdvancesTheClock() throws Exception {
    List<Member> members = TestNode.members(2);
    CountDownLatch rounds = new CountDownLatch(1_000);
    try (TestNode a = new TestNode(TestNode.node(members, 0), TestNode.settings());
        TestNode b = new TestNode(TestNode.node(members, 1), TestNode.settings())) {
      b.handling((from, header, payload) -> b.send(from, Lane.RESPONSE, new byte[8], Payload.NONE));
      a.handling(
          (from, header, payload) -> {
            rounds.countDown();
            if (rounds.getCount() > 0) {
              a.send(from, Lane.REQUEST, new byte[8], Payload.NONE);
            }
          });
      a.clock.observe(77);
      a.start();
      b.start();
      a.send(1, Lane.REQUEST, new byte[8], Payload.NONE);
      assertTrue(rounds.await(60, TimeUnit.SECONDS));
      assertTrue(b.clock.current() > 78, "a had observed 77 when it sent");
      assertEquals("connected n1", a.nextNews());
      assertEquals("connected n0", b.nextNews());
    }
  }
}
