// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.session.Frame;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Transport} keeps: rules TR-1 to TR-9, PL-1, PL-2, MH-2 and MH-3. The nodes of a
 * test are transports in one process, which connect to each other as nodes of one machine do. A
 * transport that can break its connections overrides {@link #cut}.
 *
 * <p>Long because it has all rules of a transport, which need the same nodes around them.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class TransportContract {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Lane[] LANES = Lane.values();
  private static final int BLOCK = 8_192;
  private static final int MARK = 999_999;

  private final List<TransportNode> nodes = new ArrayList<>();
  private final BlockingQueue<String> delivered = new LinkedBlockingQueue<>();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch leaving = new CountDownLatch(1);
  private List<Member> members = List.of();

  /** A new transport that has not been started. */
  protected abstract Transport transport(TransportParts parts);

  /** Nodes 0 to {@code count - 1} of a new cluster, at addresses that nobody uses. */
  protected abstract List<Member> members(int count);

  /**
   * Breaks the connection to a peer, as a failing network would.
   *
   * @return false if connections cannot be broken here
   */
  protected boolean cut(Transport transport, int peer) {
    return false;
  }

  /** Most bytes that may have left for a peer that takes nothing, 16 MiB at most. */
  protected abstract int bytesUnderWay();

  @BeforeEach
  void chooseMembers() {
    members = members(3);
  }

  /** Ends all nodes; may be called again. */
  @AfterEach
  protected void closeNodes() {
    leaving.countDown();
    nodes.reversed().forEach(TransportNode::close);
  }

  // ---- nodes

  private TransportNode make(int id, long life, Duration resume, boolean inView) {
    TransportNode node = new TransportNode(this::transport, members, id, life, resume, inView);
    nodes.add(node);
    return node;
  }

  /** A node that reports what it gets, and stands still in a message numbered 0. */
  private TransportNode reporting(int id, long life, Duration resume, boolean inView) {
    MessageHandler report =
        (from, header, payload) -> {
          int number = header.getInt();
          if (number == 0) {
            standStill();
          }
          delivered.add("n" + id + "." + life + " got " + number + " of n" + from);
        };
    return make(id, life, resume, inView).handling(report);
  }

  private TransportNode start(int id, long life) {
    return reporting(id, life, LONG, true).start();
  }

  private void standStill() {
    entered.countDown();
    try {
      leaving.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  private static Payload counted(CountDownLatch released) {
    return CountedPayload.filled(8, (byte) 0, released::countDown);
  }

  private static void assertConnected(TransportNode a, TransportNode b) {
    assertTrue(a.nextNews().startsWith("connected n" + b.id()));
    assertTrue(b.nextNews().startsWith("connected n" + a.id()));
  }

  private static void assertHappens(CountDownLatch latch, String what) throws InterruptedException {
    assertTrue(latch.await(60, TimeUnit.SECONDS), () -> what + ": " + latch.getCount() + " left");
  }

  private void assertExchange(TransportNode a, TransportNode b) {
    a.send(b.id(), Lane.REQUEST, number(1), Payload.NONE);
    b.send(a.id(), Lane.REQUEST, number(1), Payload.NONE);
    List<String> got = List.of(TransportNode.next(delivered), TransportNode.next(delivered));
    assertTrue(got.stream().allMatch(line -> line.contains("got 1 ")), got.toString());
  }

  private void assertNobodyFailed() {
    for (TransportNode node : nodes) {
      assertEquals(List.of(), List.copyOf(node.failures), () -> "failures of n" + node.id());
    }
  }

  // ---- delivery

  @Test
  @Tag("TR-1")
  @Tag("TR-2")
  @Tag("MH-2")
  @Tag("PL-1")
  @Tag("PL-2")
  void deliversEveryMessageOfEveryLaneOnce() throws Exception {
    exchange(3, 1, 3_000, 0);
  }

  @Test
  @Tag("TR-1")
  @Tag("TR-3")
  void manyThreadsSendAtTheSameTime() throws Exception {
    exchange(2, 4, 5_000, 0);
  }

  @Test
  @Tag("TR-1")
  void deliversExactlyOnceOverBrokenConnections() throws Exception {
    exchange(3, 1, 10_000, 100);
  }

  /** Several threads of every node send to every other one while connections are cut. */
  private void exchange(int count, int threads, int messages, int cuts) throws Exception {
    members = members(count);
    int pairs = count * (count - 1);
    int perPair = threads * messages;
    CountDownLatch received = new CountDownLatch(pairs * perPair);
    AtomicIntegerArray seen = new AtomicIntegerArray(count * count * perPair);
    AtomicInteger wrong = new AtomicInteger();
    for (int n = 0; n < count; n++) {
      int me = n;
      make(n, 1, LONG, true)
          .handling(
              (from, header, payload) -> {
                int number = header.getInt();
                if (payload.byteSize() != header.getInt()
                    || !CountedPayload.isFilledWith(payload, fill(number, from))) {
                  wrong.incrementAndGet();
                }
                seen.incrementAndGet((me * count + from) * perPair + number);
                received.countDown();
              });
    }
    nodes.forEach(TransportNode::start);
    for (TransportNode node : nodes) { // what is not there yet cannot be cut
      TransportNode.await("all are connected", () -> node.news.size() >= count - 1);
    }
    assumeTrue(cuts == 0 || cut(nodes.get(0).transport, 1), "connections cannot be broken here");
    List<CountedPayload> payloads = new ArrayList<>();
    List<Thread> senders = new ArrayList<>();
    for (TransportNode from : nodes) {
      for (int to = 0; to < count; to++) {
        for (int thread = 0; thread < threads && to != from.id(); thread++) {
          int target = to;
          int first = thread * messages;
          senders.add(
              Thread.ofPlatform().start(() -> sendAll(from, target, first, messages, payloads)));
        }
      }
    }
    Random random = new Random(4711);
    for (int i = 0; i < cuts; i++) {
      int node = random.nextInt(count);
      cut(nodes.get(node).transport, (node + 1 + random.nextInt(count - 1)) % count);
      received.await(2, TimeUnit.MILLISECONDS);
    }
    for (Thread sender : senders) {
      sender.join();
    }
    assertTrue(received.await(200, TimeUnit.SECONDS), () -> received.getCount() + " did not come");
    TransportNode.await(
        "all payloads come back", () -> payloads.stream().allMatch(p -> p.releases() > 0));
    nodes.forEach(TransportNode::close);
    assertEquals(0, wrong.get());
    for (int i = 0; i < seen.length(); i++) {
      int to = i / perPair / count;
      int from = i / perPair % count;
      int message = i;
      assertEquals(to == from ? 0 : 1, seen.get(i), () -> "message " + message);
    }
    assertTrue(payloads.stream().allMatch(p -> p.releases() == 1), "released twice");
    assertNobodyFailed();
    assertTrue(nodes.stream().allMatch(node -> node.losses.isEmpty()));
  }

  private static byte fill(int number, int from) {
    return (byte) (number * 31 + from);
  }

  private static void sendAll(
      TransportNode node, int to, int first, int count, List<CountedPayload> payloads) {
    for (int i = first; i < first + count; i++) {
      boolean image = i % 4 == 0;
      int bytes = image ? (i % 3 == 0 ? BLOCK : 100 + i % 5_000) : 0;
      ByteBuffer header = ByteBuffer.allocate(8 + i % 40).putInt(i).putInt(bytes);
      Payload payload = Payload.NONE;
      if (image) {
        CountedPayload memory = CountedPayload.filled(bytes, fill(i, node.id()), () -> {});
        synchronized (payloads) {
          payloads.add(memory);
        }
        payload = memory;
      }
      node.send(to, LANES[i % 4], header.array(), payload);
    }
  }

  @Test
  @Tag("TR-1")
  @Tag("MH-2")
  void largestAndSmallestMessagesArriveAsTheyWere() throws Exception {
    int[] headers = {0, 1, 7, 8, Frame.MAX_HEADER_BYTES - 1, Frame.MAX_HEADER_BYTES};
    int[] payloads = {0, 1, 7, BLOCK, Frame.MAX_PAYLOAD_BYTES - 1, Frame.MAX_PAYLOAD_BYTES};
    TransportNode a = make(0, 1, LONG, true).handling((_, _, _) -> {}).start();
    TransportNode b =
        make(1, 1, LONG, true)
            .handling((_, header, payload) -> delivered.add(describe(header, payload)))
            .start();
    assertConnected(a, b);
    List<String> sent = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int headerBytes : headers) {
        for (int payloadBytes : payloads) {
          byte[] header = new byte[headerBytes];
          new Random(headerBytes).nextBytes(header);
          Payload payload =
              payloadBytes == 0
                  ? Payload.NONE
                  : CountedPayload.filled(payloadBytes, (byte) payloadBytes, () -> {});
          sent.add(describe(ByteBuffer.wrap(header), payload.segment()));
          a.send(1, Lane.RESPONSE, header, payload);
        }
      }
    }
    List<String> got = new ArrayList<>();
    while (got.size() < sent.size()) {
      got.add(TransportNode.next(delivered));
    }
    sent.sort(null);
    got.sort(null);
    assertEquals(sent, got);
  }

  private static String describe(ByteBuffer header, MemorySegment payload) {
    byte fill = (byte) payload.byteSize();
    return header.remaining()
        + " bytes with hash "
        + header.hashCode()
        + ", "
        + payload.byteSize()
        + " bytes "
        + (CountedPayload.isFilledWith(payload, fill) ? "as sent" : "damaged");
  }

  @Test
  void refusesHeadersAndPayloadsThatAreTooLong() {
    TransportNode a = start(0, 1);
    byte[] header = new byte[Frame.MAX_HEADER_BYTES + 1];
    assertThrows(
        IllegalArgumentException.class, () -> a.send(1, Lane.REQUEST, header, Payload.NONE));
    Payload payload = CountedPayload.filled(Frame.MAX_PAYLOAD_BYTES + 1, (byte) 0, () -> {});
    assertThrows(IllegalArgumentException.class, () -> a.send(1, Lane.REQUEST, number(1), payload));
  }

  // ---- sending

  /** A peer whose handler stands still takes nothing, which no sender notices. */
  @Test
  @Tag("TR-3")
  @Tag("TR-4")
  void sendingNeverWaitsAndUrgentMessagesOvertake() throws Exception {
    int images = 2 * bytesUnderWay() / BLOCK + 1_000;
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    a.send(1, Lane.REQUEST, number(0), Payload.NONE);
    assertHappens(entered, "the handler stands still");
    CountDownLatch released = new CountDownLatch(images);
    MemorySegment image = CountedPayload.filled(BLOCK, (byte) 7, () -> {}).segment();
    for (int i = 1; i <= images; i++) {
      a.send(1, Lane.RESPONSE, number(i), shared(image, released));
    }
    assertTrue(released.getCount() > 0, "payloads of messages that wait are kept");
    a.send(1, Lane.CONTROL, Views.NO_EPOCH, number(MARK), Payload.NONE);
    leaving.countDown();
    List<String> got = new ArrayList<>();
    while (got.size() < images + 2) {
      got.add(TransportNode.next(delivered));
    }
    int before = got.indexOf("n1.1 got " + MARK + " of n0");
    assertTrue(before > 0 && before <= bytesUnderWay() / BLOCK + 1, () -> before + " went first");
    assertHappens(released, "payloads come back");
  }

  private static Payload shared(MemorySegment segment, CountDownLatch released) {
    return new Payload() {
      @Override
      public MemorySegment segment() {
        return segment;
      }

      @Override
      public void released() {
        released.countDown();
      }
    };
  }

  @Test
  @Tag("TR-3")
  @Tag("PL-2")
  void dropsWhatIsForNoSession() throws Exception {
    TransportNode a = start(0, 1);
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.CONTROL, Views.NO_EPOCH, number(7), counted(released));
    assertEquals(0, released.getCount(), "there is no session, so it is dropped at once");
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    assertExchange(a, b);
    assertEquals(List.of(), List.copyOf(delivered));
  }

  @Test
  @Tag("TR-3")
  void messageToAMemberWaitsForItsSession() throws Exception {
    TransportNode a = start(0, 1);
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(3), counted(released));
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    assertEquals("n1.1 got 3 of n0", TransportNode.next(delivered));
    assertHappens(released, "the payload comes back");
  }

  @Test
  @Tag("TR-7")
  void refusesMessagesToItselfAndToStrangers() {
    TransportNode a = start(0, 1);
    assertThrows(
        IllegalArgumentException.class, () -> a.send(0, Lane.REQUEST, number(1), Payload.NONE));
    assertThrows(
        IllegalArgumentException.class, () -> a.send(17, Lane.REQUEST, number(1), Payload.NONE));
  }

  @Test
  @Tag("TR-8")
  void burstsNestAndLeaveAtTheirEnd() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    TransportNode c = start(2, 1);
    for (TransportNode node : List.of(a, b, c)) {
      node.nextNews();
      node.nextNews();
    }
    a.transport.beginBurst();
    for (int i = 1; i <= 30; i++) {
      if (i == 10) {
        a.transport.beginBurst();
      }
      a.send(1 + i % 2, LANES[i % 4], number(i), Payload.NONE);
      if (i == 20) {
        a.transport.endBurst();
      }
    }
    a.transport.endBurst();
    for (int i = 0; i < 30; i++) {
      TransportNode.next(delivered);
    }
    assertExchange(a, b);
    assertEquals(List.of(), List.copyOf(delivered));
  }

  // ---- views

  @Test
  @Tag("TR-6")
  void receiverHasTheSendersScnBeforeItHandlesAMessage() throws Exception {
    TransportNode a = make(0, 1, LONG, true).handling((_, _, _) -> {});
    TransportNode b = make(1, 1, LONG, true);
    b.handling((_, _, _) -> delivered.add("at " + b.clock.current()));
    a.clock.observe(4_711);
    long above = a.clock.current() + 1;
    a.start();
    b.start();
    a.send(1, Lane.REQUEST, number(1), Payload.NONE);
    assertEquals("at " + above, TransportNode.next(delivered));
  }

  @Test
  @Tag("TR-6")
  void epochsDecideWhatIsDroppedKeptAndHandled() throws Exception {
    TransportNode b = start(1, 1);
    TransportNode a = start(0, 1);
    assertConnected(a, b);
    install(b, 3);
    CountDownLatch released = new CountDownLatch(3);
    a.send(1, Lane.REQUEST, 2, number(2), counted(released));
    a.send(1, Lane.REQUEST, 3, number(3), counted(released));
    a.send(1, Lane.REQUEST, 4, number(4), counted(released));
    a.send(1, Lane.REQUEST, 5, number(5), Payload.NONE);
    a.send(1, Lane.REQUEST, Views.NO_EPOCH, number(MARK), Payload.NONE);
    assertEquals("n1.1 got 3 of n0", TransportNode.next(delivered));
    assertEquals("n1.1 got " + MARK + " of n0", TransportNode.next(delivered));
    assertHappens(released, "what is dropped or kept has been received");
    install(b, 5);
    b.transport.viewInstalled(() -> delivered.add("quiet"));
    assertEquals("n1.1 got 5 of n0", TransportNode.next(delivered), "4 has become old");
    assertEquals("quiet", TransportNode.next(delivered));
    assertEquals(List.of(), List.copyOf(delivered));
  }

  @Test
  @Tag("TR-6")
  void viewIsQuietWhenNoOlderMessageIsHandledAnyMore() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    a.send(1, Lane.REQUEST, 1, number(0), Payload.NONE);
    assertHappens(entered, "the handler stands still");
    a.send(1, Lane.REQUEST, 1, number(1), Payload.NONE);
    install(b, 2);
    b.transport.viewInstalled(() -> delivered.add("quiet"));
    assertEquals(List.of(), List.copyOf(delivered));
    leaving.countDown();
    assertEquals("n1.1 got 0 of n0", TransportNode.next(delivered));
    assertEquals("quiet", TransportNode.next(delivered));
    a.send(1, Lane.REQUEST, Views.NO_EPOCH, number(MARK), Payload.NONE);
    assertEquals("n1.1 got " + MARK + " of n0", TransportNode.next(delivered));
  }

  @Test
  void viewIsQuietWithoutPeersAndAfterTheEnd() throws Exception {
    members = members(1);
    TransportNode alone = start(0, 1);
    alone.transport.viewInstalled(() -> delivered.add("quiet"));
    assertEquals("quiet", TransportNode.next(delivered));
    alone.close();
    alone.transport.viewInstalled(() -> delivered.add("quiet"));
    assertEquals("quiet", TransportNode.next(delivered));
  }

  private void install(TransportNode node, long epoch) {
    node.install(epoch, members, Map.of());
  }

  @Test
  @Tag("TR-3")
  void viewWithoutTheNodeDropsWhatWaitsForIt() throws Exception {
    TransportNode a = start(0, 1);
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(7), counted(released));
    a.install(2, List.of(members.get(0), members.get(2)), Map.of());
    a.transport.viewInstalled(() -> {});
    assertHappens(released, "the payload comes back");
  }

  // ---- peers

  @Test
  @Tag("TR-1")
  void brokenConnectionIsReportedAndTheSessionGoesOn() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    assumeTrue(cut(a.transport, 1), "connections cannot be broken here");
    assertEquals("broken n1.1", a.nextNews());
    assertEquals("broken n0.1", b.nextNews());
    assertExchange(a, b);
    assertEquals(List.of(), List.copyOf(a.news), "the same session");
  }

  @Test
  @Tag("TR-5")
  void peerThatDoesNotComeBackIsLostOnce() throws Exception {
    TransportNode a = reporting(0, 1, SHORT, true).start();
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    b.transport.abort();
    assertEquals("broken n1.1", a.nextNews());
    CountDownLatch released = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(7), counted(released));
    assertEquals("lost n1.1", a.nextNews());
    assertEquals(TransportErrors.PEER_LOST, TransportNode.next(a.losses).code());
    assertHappens(released, "payloads for the lost come back");
    CountDownLatch later = new CountDownLatch(1);
    a.send(1, Lane.RESPONSE, number(7), counted(later));
    assertHappens(later, "what is sent later is dropped");
    assertEquals(List.of(), List.copyOf(a.news));
  }

  @Test
  void goodbyeComesAfterAllMessagesAndIsNoLoss() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    for (int i = 1; i <= 500; i++) {
      b.send(0, Lane.REQUEST, number(i), CountedPayload.filled(BLOCK, (byte) i, () -> {}));
    }
    b.close();
    assertEquals("goodbye n1.1", a.nextNews());
    assertEquals(500, delivered.size());
    TransportNode again = start(1, 2);
    assertConnected(a, again);
    assertExchangeAfter(500, a, again);
    assertEquals(List.of(), List.copyOf(a.losses));
    assertEquals(List.of(), List.copyOf(a.news), "hanging up after a goodbye is no break");
  }

  private void assertExchangeAfter(int earlier, TransportNode a, TransportNode b) {
    for (int i = 0; i < earlier; i++) {
      TransportNode.next(delivered);
    }
    assertExchange(a, b);
  }

  @Test
  @Tag("TR-9")
  void everyLifeOfTheHigherNodeGetsASessionOfItsOwn() throws Exception {
    restart(1);
  }

  @Test
  @Tag("TR-9")
  void everyLifeOfTheLowerNodeGetsASessionOfItsOwn() throws Exception {
    restart(0);
  }

  private void restart(int restarting) throws Exception {
    TransportNode stays = start(1 - restarting, 5);
    TransportNode first = start(restarting, 10);
    assertConnected(stays, first);
    assertExchange(stays, first);
    for (long life = 11; life < 14; life++) {
      CountDownLatch released = new CountDownLatch(1);
      nodes.getLast().transport.abort();
      assertEquals("broken n" + restarting + "." + (life - 1), stays.nextNews());
      stays.send(restarting, Lane.RESPONSE, number(7), counted(released));
      TransportNode again = start(restarting, life);
      assertEquals("lost n" + restarting + "." + (life - 1), stays.nextNews());
      assertHappens(released, "the old session gives payloads back");
      assertConnected(stays, again);
      assertExchange(stays, again);
    }
    assertEquals(List.of(), List.copyOf(delivered), "the message to an earlier life stays away");
    assertEquals(List.of(), List.copyOf(stays.failures));
  }

  @Test
  @Tag("TR-3")
  void evictedLifeIsToldSoAndTheNextOneIsWelcome() throws Exception {
    TransportNode out = start(1, 10);
    TransportNode in = start(0, 10);
    assertConnected(out, in);
    in.transport.evict(1, 10);
    String told = out.nextNews(); // the end of the connection may be noticed first
    assertEquals("lost n0.10", told.startsWith("broken") ? out.nextNews() : told);
    assertEquals(TransportErrors.EVICTED, TransportNode.next(out.losses).code());
    CountDownLatch released = new CountDownLatch(2);
    in.send(1, Lane.RESPONSE, number(7), counted(released));
    out.send(0, Lane.RESPONSE, number(7), counted(released));
    assertHappens(released, "messages to who is out are dropped");
    assertEquals(List.of(), List.copyOf(out.failures), "membership stops the node");
    out.transport.abort();
    TransportNode again = start(1, 11);
    assertConnected(in, again);
    assertExchange(in, again);
    assertEquals(List.of(), List.copyOf(in.losses), "an eviction is no news to who asked for it");
    assertEquals(List.of(), List.copyOf(delivered));
  }

  @Test
  void evictedLifeIsRefusedEvenIfItNeverCame() throws Exception {
    TransportNode a = start(0, 10);
    a.transport.evict(1, 20);
    TransportNode b = start(1, 19);
    assertEquals(TransportErrors.EVICTED, TransportNode.next(b.losses).code());
    b.transport.abort();
    assertConnected(a, start(1, 21));
    assertEquals(List.of(), List.copyOf(a.losses));
  }

  @Test
  void saysWhyAPeerIsNotConnected() {
    TransportNode a = start(1, 1);
    TransportNode.await("an obstacle", () -> !a.transport.obstacles().isEmpty());
    String said = a.transport.obstacles().toString();
    assertTrue(said.contains("n0@") || said.contains("n2@"), said);
  }

  // ---- the node

  @Test
  @Tag("MH-3")
  void handlerThatThrowsStopsTheNode() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = make(1, 1, LONG, true);
    b.handling(
            (_, _, _) -> {
              throw new IllegalStateException("planted");
            })
        .start();
    assertConnected(a, b);
    a.send(1, Lane.REQUEST, number(1), Payload.NONE);
    assertEquals(CoreErrors.INVARIANT_BROKEN, TransportNode.next(b.failures).code());
    a.transport.abort(); // no goodbye: who would take it has failed
  }

  @Test
  void closesTwiceAndWithoutAStart() {
    TransportNode a = start(0, 1);
    a.close();
    a.close();
    a.transport.abort();
    make(1, 1, LONG, true).close();
    assertFalse(a.transport.name().isEmpty());
  }

  @Test
  @Tag("PL-2")
  void endGivesEveryPayloadBackOnce() throws Exception {
    TransportNode a = start(0, 1);
    TransportNode b = start(1, 1);
    assertConnected(a, b);
    a.send(1, Lane.REQUEST, number(0), Payload.NONE);
    assertHappens(entered, "the handler stands still");
    List<CountedPayload> payloads = new ArrayList<>();
    for (int i = 1; i <= 2_000; i++) {
      payloads.add(CountedPayload.filled(BLOCK, (byte) i, () -> {}));
      a.send(1, Lane.RESPONSE, number(i), payloads.getLast());
    }
    a.transport.abort();
    TransportNode.await(
        "all payloads come back", () -> payloads.stream().allMatch(p -> p.releases() > 0));
    assertTrue(payloads.stream().allMatch(p -> p.releases() == 1));
    leaving.countDown();
    b.transport.abort();
  }
}
