// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.plugin.tck.doubles.LogLines;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.peer.Connecting;
import io.weft.spi.peer.Peer;
import io.weft.spi.peer.Refusals;
import io.weft.spi.session.Frame;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, who is not, and who is told why. */
@Timeout(300)
class HandshakeTest {
  private final List<Member> members = TestNode.members(3);
  private final List<TestNode> nodes = new ArrayList<>();

  @AfterEach
  void closeNodes() {
    nodes.reversed().forEach(TestNode::close);
  }

  private TestNode start(NodeSettings settings) {
    return start(settings, TestNode.settings());
  }

  private TestNode start(NodeSettings settings, TcpSettings tcp) {
    return start(settings, tcp, true);
  }

  private TestNode start(NodeSettings settings, TcpSettings tcp, boolean inView) {
    TestNode node = new TestNode(settings, tcp, inView).handling((from, header, payload) -> {});
    nodes.add(node);
    return node.start();
  }

  /** One that is in no view yet. */
  private TestNode startNewcomer(NodeSettings settings) {
    return start(settings, TestNode.settings(), false);
  }

  /** Nodes 0 and 1, connected. */
  private void startTwo() throws InterruptedException {
    assertEquals("connected n1", startAnd(0, 1).nextNews());
    assertEquals("connected n0", nodes.get(1).nextNews());
  }

  private TestNode startAnd(int id, int other) {
    TestNode node = start(TestNode.node("test", members, id, 10));
    start(TestNode.node("test", members, other, 10));
    return node;
  }

  private void assertHealthyTwo() throws InterruptedException {
    CountDownLatch came = new CountDownLatch(1);
    TestNode a = nodes.get(0);
    TestNode b = nodes.get(1);
    long before = b.count("messages-received");
    a.send(1, Lane.REQUEST, new byte[1], notifying(came));
    assertTrue(came.await(60, TimeUnit.SECONDS));
    assertEquals(before + 1, b.count("messages-received"));
    assertEquals(List.of(), List.copyOf(a.failures));
    assertEquals(List.of(), List.copyOf(b.failures));
    assertEquals(List.of(), List.copyOf(a.losses));
    assertEquals(List.of(), List.copyOf(b.losses));
  }

  private static Payload notifying(CountDownLatch released) {
    return CountedPayload.filled(1, (byte) 0, released::countDown);
  }

  private void assertRefused(NodeSettings settings, ErrorCode code, String text) throws Exception {
    TestNode stranger = startNewcomer(settings);
    WeftException reason = TestNode.next(stranger.failures);
    assertEquals(code, reason.code());
    assertTrue(reason.getMessage().contains(text), reason.getMessage());
    assertHealthyTwo();
    // It has failed as soon as one of them has refused it.
    long refusals =
        nodes.get(0).count("rejected-connections") + nodes.get(1).count("rejected-connections");
    assertTrue(refusals > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void nodeOfAnotherClusterIsToldSoAndStopsForNoStranger(int odd) throws Exception {
    List<Integer> healthy = new ArrayList<>(List.of(0, 1, 2));
    healthy.remove(Integer.valueOf(odd));
    TestNode a = start(TestNode.node("test", members, healthy.get(0), 10));
    TestNode b = start(TestNode.node("test", members, healthy.get(1), 10));
    a.nextNews();
    b.nextNews();
    TestNode stranger = startNewcomer(TestNode.node("other", members, odd, 11));
    TestNode.await(() -> stranger.transport.obstacles().size() == 2);
    for (String obstacle : stranger.transport.obstacles()) {
      assertTrue(obstacle.contains("'other'"), obstacle);
      assertTrue(obstacle.contains("'test'"), obstacle);
    }
    assertHealthy(a, b, stranger);
  }

  /** The address of n2 is that of a member of another cluster, which runs. */
  @Test
  void nodesThatStartGoOnAlthoughAMembersPortLeadsToARunningCluster() throws Exception {
    TestNode other = start(TestNode.node("other", members, 2, 9));
    try (LogLines lines = new LogLines(Peer.class.getName(), Refusals.class.getName())) {
      TestNode a = startNewcomer(TestNode.node("test", members, 0, 10));
      TestNode b = startNewcomer(TestNode.node("test", members, 1, 11));
      assertEquals("connected n1", a.nextNews());
      assertEquals("connected n0", b.nextNews());
      TestNode.await(() -> other.count("rejected-connections") >= 6);
      assertHealthy(a, b, other);
      String caller = "n2@127.0.0.1:" + members.get(2).port() + " refuses the connection";
      assertEquals(2, lines.with(caller).size(), "one line a minute of either node");
      String called = lines.with("refused /127.0.0.1:").getFirst();
      assertTrue(called.contains("'test'") && called.contains("'other'"), called);
      for (String each : List.of("n0", "n1")) {
        String refused = "n2 belongs to cluster 'other', " + each + " to 'test'";
        assertTrue(
            lines.with("refused /127.0.0.1:").stream().anyMatch(line -> line.contains(refused)),
            () -> each + " is not named: " + lines);
      }
    }
  }

  /** It was told to stop, or should have been, and has been held up. */
  @Test
  void aMemberOfAFormerViewWhoseLeaseIsOverStopsNobody() throws Exception {
    TestNode former = start(agreeing(2, 9, Map.of("weft.x", "former")));
    former.views.revokeLease();
    TestNode a = startNewcomer(agreeing(0, 10, Map.of("weft.x", "present")));
    TestNode b = startNewcomer(agreeing(1, 11, Map.of("weft.x", "present")));
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    TestNode.await(() -> former.count("rejected-connections") >= 6);
    assertHealthy(a, b);
  }

  /** The name of another member's host means this host here. */
  @Test
  void aNodeThatReachesItselfGoesOn() throws Exception {
    List<Member> mistaken = new ArrayList<>(members);
    mistaken.set(1, new Member(new NodeId(1), "localhost", members.get(0).port()));
    TestNode a = startNewcomer(TestNode.node("test", mistaken, 0, 10));
    TestNode.await(() -> a.count("rejected-connections") >= 3);
    assertTrue(a.transport.obstacles().toString().contains("has reached itself"));
    assertHealthy(a);
  }

  @Test
  void memberWithAnotherBlockSizeIsToldSo() throws Exception {
    startTwo();
    assertRefused(
        new NodeSettings("test", new NodeId(2), 11, members, 4_096, Map.of()),
        TransportErrors.SETTINGS_DIFFER,
        "weft.block-size is 8192 bytes at n");
  }

  @Test
  void memberWithAnotherMemberListIsToldSo() throws Exception {
    startTwo();
    List<Member> others = new ArrayList<>(members);
    others.add(new Member(new NodeId(3), TestNode.HOST, 9));
    assertRefused(
        TestNode.node("test", others, 2, 11), TransportErrors.SETTINGS_DIFFER, "weft.members.n3");
  }

  @Test
  void memberWithAnotherValueOfASharedSettingIsToldKeyAndValues() throws Exception {
    startTwo();
    assertRefused(
        agreeing(2, 11, Map.of("weft.hash-strategy.plugin", "modulo", "weft.x", "1")),
        TransportErrors.SETTINGS_DIFFER,
        "weft.hash-strategy.plugin is missing at n");
  }

  private NodeSettings agreeing(int id, long incarnation, Map<String, String> settings) {
    return new NodeSettings(
        "test",
        new NodeId(id),
        incarnation,
        members,
        8_192,
        Map.of(),
        new ClusterSettings(new TreeMap<>(settings)));
  }

  private TestNode startOn(int id, long incarnation, UUID storage, String where, long formed) {
    TestNode node =
        new TestNode(
                TestNode.node("test", members, id, incarnation), TestNode.settings(), formed > 0)
            .handling((from, header, payload) -> {});
    node.storage.establish(storage, where, true);
    node.storage.formed(formed);
    nodes.add(node);
    return node.start();
  }

  @Test
  void memberOnAnotherStorageIsToldBothDirectories() throws Exception {
    UUID shared = new UUID(1, 2);
    // The one with the wrong directory starts first; it is wrong all the same.
    TestNode odd = startOn(2, 9, new UUID(3, 4), "/x/other", 0);
    TestNode a = startOn(0, 10, shared, "/srv/weft", 5);
    TestNode b = startOn(1, 11, shared, "/srv/weft", 5);
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    WeftException reason = TestNode.next(odd.failures);
    assertEquals(TransportErrors.STORAGE_DIFFERS, reason.code());
    assertTrue(reason.getMessage().contains("/x/other"), reason.getMessage());
    assertTrue(reason.getMessage().contains("/srv/weft"), reason.getMessage());
    assertTrue(!reason.getMessage().contains(shared.toString()), "the identity is not told");
    assertHealthy(a, b);
  }

  /** Whoever has got the address of a node that is down. */
  @Test
  void membersGoOnWhoeverAnswersInsteadOfANodeTheyHaveNotMet() throws Exception {
    startTwo();
    // It started first, as far as its clock tells.
    TestNode stranger = startNewcomer(TestNode.node("other", members, 2, 5));
    TestNode.await(() -> stranger.count("rejected-connections") >= 6);
    assertHealthyTwo();
  }

  @Test
  void membersGoOnWhenANewcomerOnAnotherFormedStorageHasAClockThatIsBehind() throws Exception {
    UUID shared = new UUID(1, 2);
    TestNode a = startOn(0, 10, shared, "/srv/weft", 5);
    TestNode b = startOn(1, 11, shared, "/srv/weft", 5);
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    TestNode odd =
        new TestNode(TestNode.node("test", members, 2, 5), TestNode.settings(), false)
            .handling((from, header, payload) -> {});
    odd.storage.establish(new UUID(3, 4), "/x/other", true);
    odd.storage.formed(3);
    nodes.add(odd);
    odd.start();
    TestNode.await(() -> odd.count("rejected-connections") >= 6);
    assertHealthy(a, b);
  }

  @Test
  void ofTwoNewStoragesThatOfTheMajorityIsRightWhoeverStartedFirst() throws Exception {
    UUID shared = new UUID(1, 2);
    TestNode odd = startOn(2, 9, new UUID(3, 4), "/x/other", 0);
    TestNode a = startOn(0, 10, shared, "/srv/weft", 0);
    TestNode b = startOn(1, 11, shared, "/srv/weft", 0);
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    TestNode.await(() -> odd.count("rejected-connections") >= 6);
    assertHealthy(a, b, odd);
    a.install(1, members.subList(0, 2), Map.of());
    b.install(1, members.subList(0, 2), Map.of());
    assertEquals(TransportErrors.STORAGE_DIFFERS, TestNode.next(odd.failures).code());
    assertHealthy(a, b);
  }

  /** It has the view of the former settings in its registry, and has started first. */
  @Test
  void aNodeLeftOnFormerSettingsThatStartsFirstStopsNobody() throws Exception {
    TestNode odd = startNewcomer(agreeing(2, 9, Map.of("weft.x", "former")));
    odd.storage.formed(5);
    TestNode a = startNewcomer(agreeing(0, 10, Map.of("weft.x", "present")));
    TestNode b = startNewcomer(agreeing(1, 11, Map.of("weft.x", "present")));
    assertTheMajorityForms(a, b, odd, "weft.x is ");
    assertStops(odd, TransportErrors.SETTINGS_DIFFER, "weft.x is ");
    assertHealthy(a, b);
  }

  @Test
  void aNodeOfAnotherClusterNameThatStartsFirstStopsNobody() throws Exception {
    TestNode odd = startNewcomer(TestNode.node("tset", members, 2, 9));
    TestNode a = startNewcomer(TestNode.node("test", members, 0, 10));
    TestNode b = startNewcomer(TestNode.node("test", members, 1, 11));
    assertTheMajorityForms(a, b, odd, "'tset'");
    TestNode.await(() -> odd.count("rejected-connections") >= 6);
    assertHealthy(a, b, odd); // what its registry has is for its membership to find out
  }

  private void assertTheMajorityForms(TestNode a, TestNode b, TestNode odd, String text)
      throws Exception {
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    TestNode.await(() -> odd.count("rejected-connections") >= 6);
    TestNode.await(
        () ->
            Stream.of(a, b, odd).allMatch(n -> n.transport.obstacles().toString().contains(text)));
    assertHealthy(a, b, odd);
    a.install(1, members.subList(0, 2), Map.of());
    b.install(1, members.subList(0, 2), Map.of());
  }

  private void assertStops(TestNode odd, ErrorCode code, String text) throws Exception {
    WeftException reason = TestNode.next(odd.failures);
    assertEquals(code, reason.code());
    assertTrue(reason.getMessage().contains(text), reason.getMessage());
  }

  /** An old storage may have had more views than the one that is right. */
  @ParameterizedTest
  @ValueSource(longs = {3, 7, 900})
  void ofTwoStoragesWithViewsThatOfTheMajorityIsRightWhateverWasBefore(long views)
      throws Exception {
    TestNode odd = startNewcomerOn(2, 9, new UUID(3, 4), views);
    TestNode a = startNewcomerOn(0, 10, new UUID(1, 2), 7);
    TestNode b = startNewcomerOn(1, 11, new UUID(1, 2), 7);
    assertTheMajorityForms(a, b, odd, "newest view " + views);
    if (views <= 7) {
      assertStops(odd, TransportErrors.STORAGE_DIFFERS, "newest view 7");
    }
    assertHealthy(a, b);
  }

  private TestNode startNewcomerOn(int id, long incarnation, UUID storage, long formed) {
    TestNode node =
        new TestNode(TestNode.node("test", members, id, incarnation), TestNode.settings(), false)
            .handling((from, header, payload) -> {});
    node.storage.establish(storage, "/srv/" + storage, true);
    node.storage.formed(formed);
    nodes.add(node);
    return node.start();
  }

  private static void assertHealthy(TestNode... healthy) {
    for (TestNode node : healthy) {
      assertEquals(List.of(), List.copyOf(node.failures));
      assertEquals(List.of(), List.copyOf(node.losses));
    }
  }

  @Test
  void helloOfAStrangerEndsNoSession() throws Exception {
    startTwo();
    ByteBuf hello = Unpooled.buffer();
    HandshakeBytes.encode(
        new HandshakeMessage.Hello(
            HandshakeMessage.VERSION,
            false,
            TestNode.node("test", members, 1, 10).agreed(),
            new UUID(5, 6),
            "nowhere",
            Long.MAX_VALUE,
            1,
            0,
            Long.MAX_VALUE,
            0,
            0,
            10,
            10),
        hello);
    try (Socket socket = call(0)) {
      hello.readBytes(socket.getOutputStream(), hello.readableBytes());
      HandshakeMessage.Refused refused = readRefusal(socket.getInputStream());
      assertEquals(TransportErrors.NOT_READY, refused.toException().code());
    }
    assertHealthyTwo();
    assertEquals(List.of(), List.copyOf(nodes.get(0).breaks));
  }

  @Test
  void idleConnectionsKeepNoMemberOut() throws Exception {
    TestNode a = start(TestNode.node("test", members, 0, 10));
    List<Socket> idle = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      idle.add(call(0));
    }
    TestNode b = start(TestNode.node("test", members, 1, 10));
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    for (Socket socket : idle) {
      socket.close();
    }
    assertHealthyTwo();
  }

  @Test
  void secondProcessWithANodesIdIsToldSo() throws Exception {
    startTwo();
    assertEquals("connected n2", nextNewsAfterStarting(2));
    TcpSettings elsewhere = withBindHost("127.0.0.2");
    TestNode twin = start(TestNode.node("test", members, 2, 9), elsewhere, false);
    assertEquals(TransportErrors.DUPLICATE_NODE_ID, TestNode.next(twin.failures).code());
    assertHealthyTwo();
    assertEquals(List.of(), List.copyOf(nodes.get(2).failures));
  }

  private String nextNewsAfterStarting(int id) throws InterruptedException {
    start(TestNode.node("test", members, id, 11));
    nodes.get(1).nextNews();
    return nodes.get(0).nextNews();
  }

  private static TcpSettings withBindHost(String host) {
    TcpSettings s = TestNode.settings();
    return new TcpSettings(
        s.eventLoop(),
        s.ioThreads(),
        host,
        s.batchWindow(),
        s.batchMaxMessages(),
        s.spin(),
        s.acknowledgeDelay(),
        s.resumeTime(),
        s.handshakeTimeout(),
        s.goodbyeTime(),
        s.stallTime(),
        s.sendBuffer(),
        s.receiveBuffer(),
        s.tls());
  }

  @Test
  void portInUseIsNamed() {
    start(TestNode.node(members, 0));
    TestNode second =
        new TestNode(TestNode.node(members, 0), TestNode.settings())
            .handling((from, header, payload) -> {});
    WeftException e = assertThrows(WeftException.class, second::start);
    assertEquals(TransportErrors.PORT_IN_USE, e.code());
    assertTrue(e.getMessage().contains("" + members.get(0).port()), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {HandshakeMessage.VERSION - 1, 99})
  void callerOfAnotherVersionIsToldSo(int version) throws Exception {
    startTwo();
    ByteBuf hello = Unpooled.buffer();
    HandshakeBytes.encode(HandshakeMessage.Hello.ofVersion(version), hello);
    try (Socket socket = call(0)) {
      hello.readBytes(socket.getOutputStream(), hello.readableBytes());
      HandshakeMessage.Refused refused = readRefusal(socket.getInputStream());
      assertEquals(TransportErrors.PROTOCOL_VERSION, refused.toException().code());
      assertTrue(refused.text().contains(versions(version)), refused.text());
      assertEquals(-1, socket.getInputStream().read());
    }
    assertHealthyTwo();
  }

  private static String versions(int ofCaller) {
    return "version " + HandshakeMessage.VERSION + ", its caller version " + ofCaller;
  }

  /**
   * It would stop if it were told of the other version, and take this node's word for it although
   * this one knows nothing: it may itself be the only one of its version.
   */
  @Test
  void callerOfAnEarlierVersionIsNotStoppedByANodeThatIsInNoView() throws Exception {
    startNewcomer(TestNode.node("test", members, 0, 10));
    for (int version : new int[] {3, HandshakeMessage.VERSION + 1}) {
      ByteBuf hello = Unpooled.buffer();
      HandshakeBytes.encode(HandshakeMessage.Hello.ofVersion(version), hello);
      try (Socket socket = call(0)) {
        hello.readBytes(socket.getOutputStream(), hello.readableBytes());
        HandshakeMessage.Refused refused = readRefusal(socket.getInputStream());
        assertEquals(
            version < 4 ? TransportErrors.NOT_READY : TransportErrors.PROTOCOL_VERSION,
            refused.toException().code());
        assertTrue(refused.text().contains(versions(version)), refused.text());
      }
    }
  }

  private static HandshakeMessage.Refused readRefusal(InputStream in) throws IOException {
    ByteBuf answer = Unpooled.buffer();
    while (true) {
      var message = HandshakeBytes.decode(answer);
      if (message.isPresent()) {
        return (HandshakeMessage.Refused) message.get();
      }
      answer.writeByte(in.read());
    }
  }

  private Socket call(int id) throws IOException {
    return new Socket(TestNode.HOST, members.get(id).port());
  }

  @Test
  void garbageIsClosedAndCounted() throws Exception {
    startTwo();
    List<byte[]> garbage =
        List.of(
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            new byte[100_000],
            new byte[] {'W', 'E', 'F', 'T', 0, 1, (byte) 0xFF, (byte) 0xFF, 1},
            new byte[] {'W', 'E', 'F', 'T', 0, 1, 0, 1, 1, 0, 0, 0, 0, 0},
            withChecksum(1, 0),
            withChecksum(1, 255, 255),
            withChecksum(77),
            withChecksum(2, new int[16]),
            frame());
    for (byte[] bytes : garbage) {
      try (Socket socket = call(0)) {
        try {
          OutputStream out = socket.getOutputStream();
          out.write(bytes);
          assertEquals(-1, socket.getInputStream().read());
        } catch (IOException e) { // closed while we wrote or with bytes unread: closed all the same
          assertTrue(true);
        }
      }
    }
    assertHealthyTwo();
    assertEquals(garbage.size(), nodes.get(0).count("rejected-connections"));
  }

  /** A valid frame, which must not come before the end of a handshake. */
  private static byte[] frame() {
    ByteBuffer frame = ByteBuffer.allocate(Frame.PREFIX_BYTES);
    int bytes = Frame.encodeAcknowledgement(frame, 0, 0, 1, 1);
    Frame.writeChecksum(new CRC32C(), frame, 0, bytes, ByteBuffer.allocate(0));
    return frame.array();
  }

  /** A handshake message with a right checksum and a body that may be nonsense. */
  private static byte[] withChecksum(int kind, int... body) {
    ByteBuffer message = ByteBuffer.allocate(13 + body.length);
    byte version = HandshakeMessage.VERSION;
    message.put(new byte[] {'W', 'E', 'F', 'T', 0, version, 0, (byte) body.length, (byte) kind});
    message.position(13);
    for (int b : body) {
      message.put((byte) b);
    }
    CRC32C crc = new CRC32C();
    crc.update(message.array(), 0, 9);
    crc.update(message.array(), 13, body.length);
    return message.putInt(9, (int) crc.getValue()).array();
  }

  @Test
  void callerWhoSaysNothingIsClosed() throws Exception {
    TcpSettings s = TestNode.settings();
    TcpSettings impatient =
        new TcpSettings(
            s.eventLoop(),
            s.ioThreads(),
            "",
            s.batchWindow(),
            s.batchMaxMessages(),
            s.spin(),
            s.acknowledgeDelay(),
            s.resumeTime(),
            Duration.ofMillis(100),
            s.goodbyeTime(),
            s.stallTime(),
            s.sendBuffer(),
            s.receiveBuffer(),
            s.tls());
    TestNode node = start(TestNode.node(members, 0), impatient);
    try (Socket socket = call(0)) {
      assertEquals(-1, socket.getInputStream().read());
    }
    assertEquals(1, node.count("rejected-connections"));
  }

  @Test
  void goodbyeLooksPlannedAndDeliversWhatWasSentBefore() throws Exception {
    startTwo();
    TestNode a = nodes.get(0);
    TestNode b = nodes.get(1);
    int count = 10_000;
    for (int i = 0; i < count; i++) {
      b.send(0, Lane.values()[i % 4], new byte[16], Payload.NONE);
    }
    b.close();
    assertEquals("goodbye n1", a.nextNews());
    assertEquals(count, a.count("messages-received"));
    CountDownLatch dropped = new CountDownLatch(1);
    a.send(1, Lane.REQUEST, new byte[1], notifying(dropped));
    assertTrue(dropped.await(60, TimeUnit.SECONDS), "a message to one who left is dropped");
    assertEquals(List.of(), List.copyOf(a.losses));
  }

  @Test
  void abortLooksLikeALoss() throws Exception {
    TcpSettings hasty =
        TestNode.settings(TcpSettings.EventLoopKind.AUTO, 1, Duration.ZERO, Duration.ofMillis(300));
    TestNode a = start(TestNode.node("test", members, 0, 10), hasty);
    TestNode b = start(TestNode.node("test", members, 1, 10), hasty);
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", b.nextNews());
    CountDownLatch released = new CountDownLatch(1);
    b.transport.abort();
    a.send(1, Lane.REQUEST, new byte[1], notifying(released));
    assertEquals("lost n1", a.nextNews());
    assertEquals(TransportErrors.PEER_LOST, TestNode.next(a.losses).code());
    assertTrue(released.await(60, TimeUnit.SECONDS), "payloads come back at the session's end");
  }

  @Test
  @Tag("TR-9")
  void restartedNodeIsNotTheOneThatWasLost() throws Exception {
    startTwo();
    TestNode a = nodes.get(0);
    nodes.get(1).transport.abort();
    TestNode again = start(TestNode.node("test", members, 1, 20));
    assertEquals("lost n1", a.nextNews());
    assertEquals("connected n1", a.nextNews());
    assertEquals("connected n0", again.nextNews());
    assertEquals(List.of("n1 in life 10", "n1 in life 20"), List.copyOf(a.incarnations));
    WeftException reason = TestNode.next(a.losses);
    assertEquals(TransportErrors.PEER_LOST, reason.code());
    assertTrue(reason.getMessage().contains("restarted"), reason.getMessage());
    assertEquals(List.of(), List.copyOf(a.losses));
    assertEquals(List.of(), List.copyOf(again.failures));
  }

  /** One of them resumes as the one that dials, the other one in a listener of Netty. */
  @Test
  void whatIsThrownAtTheEndOfAHandshakeStopsTheNode() throws Exception {
    startTwo();
    for (TestNode node : nodes) {
      node.metrics.breakCounter("transport.reconnects");
    }
    nodes.get(0).transport.cut(1);
    for (TestNode node : nodes) {
      assertTrue(TestNode.next(node.failures).getMessage().contains("planted"));
    }
  }

  @Test
  void whatIsThrownWhenACallerIsRefusedStopsTheNode() throws Exception {
    TestNode a = start(TestNode.node("test", members, 0, 10));
    a.metrics.breakCounter("transport.rejected-connections");
    startNewcomer(TestNode.node("other", members, 1, 11));
    assertTrue(TestNode.next(a.failures).getMessage().contains("planted"));
  }

  @Test
  void aPeerThatHangsUpDuringTheHandshakeIsNamedWithHowFarItCame() throws Exception {
    try (LogLines lines = new LogLines(Connecting.class.getName());
        ServerSocket hasty = new ServerSocket(members.get(1).port(), 9)) {
      TestNode a = start(TestNode.node("test", members, 0, 10));
      for (int i = 0; i < 3; i++) {
        try (Socket caller = hasty.accept()) {
          caller.getInputStream().readNBytes(13); // it hangs up in the middle of the hello
        }
      }
      TestNode.await(() -> !a.transport.obstacles().isEmpty() && !lines.warnings().isEmpty());
      String text = lines.warnings().getFirst();
      assertTrue(text.contains("n1@127.0.0.1:" + members.get(1).port()), text);
      assertTrue(text.contains("this node had said hello, and got 0 bytes"), text);
      assertEquals(1, lines.warnings().size(), "one line a minute");
    }
  }

  /** It listens where nobody looks for it, and is the one that waits to be called. */
  @Test
  void aNewcomerThatCallsAndCannotBeReachedIsReportedWithBothAddresses() throws Exception {
    TestNode b = start(TestNode.node("test", members, 1, 10));
    try (LogLines lines = new LogLines(Connecting.class.getName())) {
      start(TestNode.node("test", members, 0, 11), withBindHost("127.0.0.2"), false);
      TestNode.await(() -> !lines.warnings().isEmpty());
      String text = lines.warnings().getFirst();
      assertTrue(text.contains("n0@127.0.0.1:" + members.get(0).port()), text);
      assertTrue(text.contains("has called from /127.0.0.1:"), text);
      assertTrue(b.transport.obstacles().toString().contains("cannot be reached"), text);
    }
  }

  @Test
  void aNodeThatComesBackAtAnotherAddressIsFoundIfAllKnowIt() throws Exception {
    startTwo();
    closeNodes();
    nodes.clear();
    members.set(1, new Member(new NodeId(1), TestNode.HOST, TestNode.members(1).get(0).port()));
    startTwo();
    assertHealthyTwo();
  }

  @Test
  void aNodeThatComesBackAtAnotherAddressOfItsOwnFileIsToldBoth() throws Exception {
    startTwo();
    List<Member> others = new ArrayList<>(members);
    others.set(2, new Member(new NodeId(2), TestNode.HOST, TestNode.members(1).get(0).port()));
    assertRefused(
        TestNode.node("test", others, 2, 11),
        TransportErrors.SETTINGS_DIFFER,
        "weft.members.n2 is 127.0.0.1:" + members.get(2).port() + " at n");
  }

  @Test
  @Tag("MH-3")
  void handlerThatThrowsStopsTheNode() throws Exception {
    TestNode a = start(TestNode.node("test", members, 0, 10));
    TestNode b =
        new TestNode(TestNode.node("test", members, 1, 10), TestNode.settings())
            .handling(
                (from, header, payload) -> {
                  throw new IllegalStateException("planted");
                });
    nodes.add(b);
    b.start();
    a.send(1, Lane.REQUEST, new byte[1], Payload.NONE);
    assertTrue(TestNode.next(b.failures).getMessage().contains("planted"));
    a.close();
  }
}
