// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.transport.Lane;
import io.weft.tcp.tls.TlsSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are cut inside frames and flip bits. */
@Timeout(300)
class FaultyLinkTest {
  private static final String BEHIND_THE_PROXY = "127.0.0.2";
  private static final int COUNT = 3_000;
  private static final int BLOCK = 8_192;

  private static TcpSettings settings(String bindHost) {
    return new TcpSettings(
        TcpSettings.EventLoopKind.AUTO,
        1,
        bindHost,
        Duration.ZERO,
        100,
        Duration.ZERO,
        Duration.ofMillis(1),
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        new ByteSize(0),
        new ByteSize(0),
        TlsSettings.none());
  }

  @Test
  @Tag("TR-1")
  void deliversExactlyOnceOverCutsAndFlippedBits() throws Exception {
    List<Member> members = TestNode.members(2);
    CountDownLatch received = new CountDownLatch(2 * COUNT);
    CountDownLatch released = new CountDownLatch(2 * COUNT);
    AtomicIntegerArray seen = new AtomicIntegerArray(2 * COUNT);
    AtomicInteger wrong = new AtomicInteger();
    List<CountedPayload> payloads = new ArrayList<>();
    try (FaultyProxy proxy =
            new FaultyProxy(TestNode.HOST, members.get(0).port(), BEHIND_THE_PROXY);
        TestNode a = new TestNode(TestNode.node(members, 0), settings(BEHIND_THE_PROXY));
        TestNode b = new TestNode(TestNode.node(members, 1), settings(""))) {
      for (TestNode node : List.of(a, b)) {
        node.handling(
            (from, header, payload) -> {
              int number = header.getInt();
              seen.incrementAndGet(from * COUNT + number);
              if (!CountedPayload.isFilledWith(payload, (byte) number)) {
                wrong.incrementAndGet();
              }
              received.countDown();
            });
        node.start();
      }
      for (int i = 0; i < COUNT; i++) {
        for (TestNode node : List.of(a, b)) {
          CountedPayload payload = CountedPayload.filled(BLOCK, (byte) i, released::countDown);
          payloads.add(payload);
          byte[] header = ByteBuffer.allocate(4).putInt(i).array();
          node.send(node == a ? 1 : 0, Lane.values()[i % 4], header, payload);
        }
      }
      assertTrue(received.await(200, TimeUnit.SECONDS), received.getCount() + " did not come");
      proxy.heal();
      assertTrue(released.await(60, TimeUnit.SECONDS), released.getCount() + " not released");
      assertTrue(proxy.cuts.get() > 0);
      assertTrue(proxy.flips.get() > 0);
      assertTrue(a.count("corrupt-frames") + b.count("corrupt-frames") > 0);
      assertTrue(a.count("resent") + b.count("resent") > 0);
      assertEquals(List.of(), List.copyOf(a.losses));
      assertEquals(List.of(), List.copyOf(b.losses));
      assertEquals(List.of(), List.copyOf(a.failures));
      assertEquals(List.of(), List.copyOf(b.failures));
    }
    assertEquals(0, wrong.get());
    for (int i = 0; i < 2 * COUNT; i++) {
      assertEquals(1, seen.get(i));
    }
    for (CountedPayload payload : payloads) {
      assertEquals(1, payload.releases());
    }
  }
}
