// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.session.InboundSession;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages before, in and after the view in which they make sense. */
@Timeout(300)
class EpochTest {
  private static final int MARK = 99;

  private final List<Member> members = TestNode.members(3);
  private final List<TestNode> nodes = new ArrayList<>();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch leaving = new CountDownLatch(1);

  @AfterEach
  void closeNodes() {
    leaving.countDown();
    nodes.reversed().forEach(TestNode::close);
  }

  /** Nodes connected to the first one, whose handler stands still in messages numbered 0. */
  private TestNode receiver(boolean inView, int senders) throws InterruptedException {
    TcpSettings settings =
        TestNode.settings(
            TcpSettings.EventLoopKind.AUTO, senders, Duration.ZERO, Duration.ofSeconds(60));
    TestNode receiver = new TestNode(TestNode.node(members, 0), settings, inView);
    nodes.add(receiver);
    receiver.handling(
        (from, header, payload) -> {
          int number = header.getInt();
          if (number == 0) {
            standStill();
          }
          events.add(number + " of n" + from);
        });
    receiver.start();
    for (int i = 1; i <= senders; i++) {
      TestNode sender = new TestNode(TestNode.node(members, i), TestNode.settings());
      nodes.add(sender.handling((from, header, payload) -> {}));
      sender.start();
      receiver.nextNews();
      TestNode.await(() -> sender.incarnations.contains("n0 in life 1"));
    }
    return receiver;
  }

  private void standStill() {
    entered.countDown();
    try {
      leaving.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void send(int from, int number, long epoch) {
    send(from, number, epoch, Payload.NONE);
  }

  private void send(int from, int number, long epoch, Payload payload) {
    byte[] header = ByteBuffer.allocate(4).putInt(number).array();
    nodes.get(from).transport.send(0, TestNode.SERVICE, Lane.REQUEST, epoch, header, payload);
  }

  /** Sends what is handled in every epoch behind the rest. */
  private void mark(int from) {
    send(from, MARK, Views.NO_EPOCH);
  }

  private String nextEvent() throws InterruptedException {
    return TestNode.next(events);
  }

  private void install(TestNode node, long epoch) {
    node.install(epoch, members, Map.of());
  }

  @Test
  void messagesOfNoEpochAreHandledWithoutAView() throws Exception {
    receiver(false, 1);
    send(1, 1, Views.NO_EPOCH);
    assertEquals("1 of n1", nextEvent());
  }

  @Test
  @Tag("TR-6")
  void messagesOfNoEpochAreHandledInEveryView() throws Exception {
    TestNode receiver = receiver(true, 1);
    install(receiver, 8);
    send(1, 1, Views.NO_EPOCH);
    assertEquals("1 of n1", nextEvent());
  }

  @Test
  @Tag("TR-6")
  void olderMessagesAreAcknowledgedAndDropped() throws Exception {
    TestNode receiver = receiver(true, 1);
    install(receiver, 3);
    CountDownLatch released = new CountDownLatch(1);
    send(1, 1, 2, CountedPayload.filled(100, (byte) 1, released::countDown));
    send(1, 2, 3);
    mark(1);
    assertEquals("2 of n1", nextEvent());
    assertEquals(MARK + " of n1", nextEvent());
    assertTrue(released.await(60, TimeUnit.SECONDS));
    assertEquals(List.of(), List.copyOf(events));
  }

  @Test
  @Tag("TR-6")
  void newerMessagesWaitForTheirViewAndComeOnce() throws Exception {
    TestNode receiver = receiver(true, 1);
    CountDownLatch released = new CountDownLatch(1);
    send(1, 2, 2, CountedPayload.filled(100, (byte) 1, released::countDown));
    send(1, 3, 3);
    send(1, 4, 4);
    mark(1);
    assertEquals(MARK + " of n1", nextEvent());
    assertTrue(released.await(60, TimeUnit.SECONDS), "what waits has been copied");
    install(receiver, 3);
    receiver.transport.viewInstalled(() -> events.add("quiet"));
    assertEquals("3 of n1", nextEvent());
    assertEquals("quiet", nextEvent());
    receiver.transport.viewInstalled(() -> events.add("quiet"));
    assertEquals("quiet", nextEvent());
    install(receiver, 4);
    receiver.transport.viewInstalled(() -> events.add("quiet"));
    assertEquals("4 of n1", nextEvent());
    assertEquals("quiet", nextEvent());
    assertEquals(List.of(), List.copyOf(events));
  }

  @Test
  void peerThatSendsTooMuchAheadOfTheViewIsLost() throws Exception {
    TestNode receiver = receiver(true, 1);
    for (int i = 0; i <= InboundSession.MAX_PARKED; i++) {
      send(1, i, 2);
    }
    assertEquals(TransportErrors.QUEUE_OVERFLOW, TestNode.next(receiver.losses).code());
    assertEquals(TransportErrors.PEER_LOST, TestNode.next(nodes.get(1).losses).code());
    assertEquals(List.of(), List.copyOf(events));
    assertEquals(List.of(), List.copyOf(receiver.failures));
  }

  /** One event loop is at work on an old message, the other one has one for the new view. */
  @Test
  void viewBeginsWhenNoHandlerIsAtWorkOnAnOlderMessage() throws Exception {
    TestNode receiver = receiver(true, 2);
    send(2, 2, 2);
    mark(2);
    assertEquals(MARK + " of n2", nextEvent());
    send(1, 0, 1);
    entered.await();
    send(1, 1, 1); // comes while the handler stands still, or later
    install(receiver, 2);
    receiver.transport.viewInstalled(() -> events.add("quiet"));
    send(2, 3, 2);
    assertEquals("3 of n2", nextEvent(), "what comes in the new view need not wait");
    assertEquals(List.of(), List.copyOf(events));
    leaving.countDown();
    assertEquals("0 of n1", nextEvent());
    assertEquals("2 of n2", nextEvent());
    assertEquals("quiet", nextEvent());
    mark(1);
    assertEquals(MARK + " of n1", nextEvent());
    assertEquals(List.of(), List.copyOf(events));
  }

  @Test
  void quietRunsWithoutPeers() throws Exception {
    TestNode alone = new TestNode(TestNode.node(members.subList(0, 1), 0), TestNode.settings());
    nodes.add(alone.start());
    alone.transport.viewInstalled(() -> events.add("quiet"));
    assertEquals("quiet", nextEvent());
  }

  @Test
  void quietRunsAfterTheEnd() throws Exception {
    TestNode receiver = receiver(true, 1);
    receiver.close();
    receiver.transport.viewInstalled(() -> events.add("quiet"));
    assertEquals("quiet", nextEvent());
  }

  @Test
  void goodbyeIsHeardInEveryEpoch() throws Exception {
    TestNode receiver = receiver(true, 1);
    install(receiver, 5);
    nodes.get(1).close();
    assertEquals("goodbye n1", receiver.nextNews());
  }
}
