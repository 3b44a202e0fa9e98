// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.plugin.tck.doubles.LogLines;
import io.weft.spi.peer.Connecting;
import io.weft.spi.peer.Refusals;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.TestAuthority.NodeFiles;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.TlsSettings;
import io.weft.tcp.tls.TlsSettings.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is refused where connections are encrypted, each with a reason in the log, and counted. */
@Timeout(300)
class TlsRefusalTest {
  private static final String CLUSTER = "test";
  private static final String TLS_1_3 = "TLSv1.3";
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path directory;
  private final List<Member> members = TestNode.members(3);
  private final List<TestNode> nodes = new ArrayList<>();
  private TestAuthority authority;
  private TestAuthority foreign;
  private X509Bundle revoked;

  /** How a certificate of the table is made. */
  private interface Maker {
    X509Bundle make(TlsRefusalTest test) throws Exception;
  }

  /** A certificate that no node accepts, and what the log says of it. */
  private record Bad(String name, Maker maker, String reason) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Bad> BAD_CERTIFICATES =
      List.of(
          new Bad(
              "of an unknown authority",
              test -> test.foreign.node(CLUSTER, 1),
              "no trusted authority has issued"),
          new Bad(
              "expired",
              test -> test.named(b -> b.notAfter(Instant.now().minus(DAY.dividedBy(2))), 1),
              "has expired"),
          new Bad(
              "not yet valid",
              test -> test.named(b -> b.notBefore(Instant.now().plus(DAY)), 1),
              "not valid yet"),
          new Bad("revoked", test -> test.revoked, "is revoked"),
          new Bad(
              "for no node", test -> test.authority.issue(b -> b.addSanDnsName("n1")), "it has 0"),
          new Bad(
              "for two nodes",
              test -> test.named(b -> b.addSanUriName(uri(CLUSTER, 2)), 1),
              "it has 2"),
          new Bad(
              "for a node in another notation",
              test -> test.authority.issue(b -> b.addSanUriName(URI.create("WEFT://test/node/1"))),
              "is not weft://"));

  private static URI uri(String cluster, int id) {
    return URI.create(CertifiedNode.of(cluster, id).toString());
  }

  private X509Bundle named(UnaryOperator<CertificateBuilder> change, int id) throws Exception {
    return authority.issue(b -> change.apply(b.addSanUriName(uri(CLUSTER, id))));
  }

  @BeforeEach
  void makeAuthorities() throws Exception {
    authority = new TestAuthority("ours");
    foreign = new TestAuthority("theirs");
    revoked = authority.node(CLUSTER, 1);
  }

  @AfterEach
  void closeNodes() {
    nodes.reversed().forEach(TestNode::close);
  }

  private NodeFiles files(int id, Provider provider) throws Exception {
    return new NodeFiles(directory.resolve("n" + id), provider)
        .certificate(authority.node(CLUSTER, id))
        .trusting(authority)
        .revoked(authority.revoking(revoked));
  }

  private TestNode start(int id, Provider provider) throws Exception {
    return start(id, TestNode.encrypted(files(id, provider).settings()));
  }

  private TestNode start(int id, TcpSettings settings) {
    TestNode node =
        new TestNode(TestNode.node(CLUSTER, members, id, 10), settings)
            .handling((from, header, payload) -> {});
    nodes.add(node);
    return node.start();
  }

  /** Node 0, called by strangers, and the healthy node 2. */
  private void startTwo(Provider provider) throws Exception {
    TestNode called = start(0, provider);
    start(2, provider);
    assertEquals("connected n2", called.nextNews());
  }

  /** The session of the two nodes has not suffered. */
  private void assertHealthyTwo() throws Exception {
    CountDownLatch came = new CountDownLatch(1);
    nodes
        .get(0)
        .send(2, Lane.REQUEST, new byte[1], CountedPayload.filled(1, (byte) 0, came::countDown));
    assertTrue(came.await(60, TimeUnit.SECONDS));
    for (TestNode node : nodes) {
      assertEquals(List.of(), List.copyOf(node.failures));
      assertEquals(List.of(), List.copyOf(node.losses));
      assertEquals(List.of(), List.copyOf(node.breaks));
    }
  }

  private Socket call(int id) throws IOException {
    return new Socket(TestNode.HOST, members.get(id).port());
  }

  private static void assertEnds(Socket socket) {
    try {
      assertEquals(-1, socket.getInputStream().read(), "nothing is said");
    } catch (IOException e) { // an alert of TLS, or a reset: closed all the same
      assertTrue(true);
    }
  }

  private static Stream<Provider> providers() {
    return OpenSsl.isAvailable()
        ? Stream.of(Provider.JDK, Provider.OPENSSL)
        : Stream.of(Provider.JDK);
  }

  private static Stream<Arguments> badCallers() {
    Bad notForClients =
        new Bad(
            "not for clients",
            test -> test.named(b -> b.addExtendedKeyUsageServerAuth(), 1),
            "does not permit use for TLS client");
    return providers()
        .flatMap(
            provider ->
                Stream.concat(BAD_CERTIFICATES.stream(), Stream.of(notForClients))
                    .map(bad -> Arguments.of(provider, bad)));
  }

  @ParameterizedTest
  @MethodSource("badCallers")
  void callerWithABadCertificateIsRefused(Provider provider, Bad bad) throws Exception {
    startTwo(provider);
    assertRefused(provider, Optional.of(bad.maker.make(this)), bad.reason);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void callerWithoutACertificateIsRefused(Provider provider) throws Exception {
    startTwo(provider);
    assertRefused(provider, Optional.empty(), "presented no certificate");
  }

  private void assertRefused(Provider provider, Optional<X509Bundle> certificate, String reason)
      throws Exception {
    TestNode node = nodes.get(0);
    try (LogLines lines = new LogLines(Refusals.class.getName());
        SSLSocket socket = new TlsStranger(certificate).client(call(0), TLS_1_3)) {
      assertEnds(socket);
      TestNode.await(() -> node.count("rejected-connections") == 1);
      assertEquals(1, node.count("tls-failures"));
      TestNode.await(() -> !lines.warnings().isEmpty());
      String text = lines.warnings().getFirst();
      assertTrue(text.contains("TLS_FAILED") && text.contains(reason), text);
    }
    assertHealthyTwo();
  }

  private static Stream<Arguments> strangers() {
    record Stranger(String name, byte[] bytes, String reason) {
      @Override
      public String toString() {
        return name;
      }
    }
    List<Stranger> all =
        List.of(
            new Stranger(
                "HTTP",
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                "does not speak TLS"),
            new Stranger("zeros", new byte[100_000], "does not speak TLS"),
            new Stranger(
                "plaintext node",
                HandshakeMessage.encode(hello(1, 0)),
                "set weft.transport.tcp.tls alike on all nodes"),
            new Stranger(
                "garbage in a record", new byte[] {22, 3, 3, 0, 4, 9, 9, 9, 9}, "TLS failed"));
    return providers().flatMap(p -> all.stream().map(s -> Arguments.of(p, s.bytes, s.reason)));
  }

  /** The storage of this hello is a secret of members. */
  private static final UUID SECRET = new UUID(0x5EC12E75EC12E7L, 0x5EC12E75EC12E7L);

  private static HandshakeMessage.Hello hello(int from, int to) {
    return new HandshakeMessage.Hello(
        HandshakeMessage.VERSION,
        false,
        TestNode.node(CLUSTER, TestNode.members(3), from, 10).agreed(),
        SECRET,
        "/srv",
        0,
        from,
        to,
        10,
        0,
        0,
        0,
        0);
  }

  @ParameterizedTest
  @MethodSource("strangers")
  void whoeverDoesNotSpeakTlsIsRefused(Provider provider, byte[] bytes, String reason)
      throws Exception {
    startTwo(provider);
    TestNode node = nodes.get(0);
    try (LogLines lines = new LogLines(Refusals.class.getName())) {
      for (int i = 1; i <= 3; i++) {
        try (Socket socket = call(0)) {
          socket.getOutputStream().write(bytes);
          assertEndsAfterAnAlert(socket);
        }
        int calls = i;
        TestNode.await(() -> node.count("rejected-connections") == calls);
      }
      assertEquals(3, node.count("tls-failures"));
      assertEquals(1, lines.warnings().size(), "one line a minute");
      String text = lines.warnings().getFirst();
      assertTrue(text.contains(reason), text);
      assertFalse(text.toLowerCase(Locale.ROOT).contains("5ec12e7"), text);
    }
    assertHealthyTwo();
  }

  private static void assertEndsAfterAnAlert(Socket socket) {
    try {
      assertTrue(socket.getInputStream().readAllBytes().length <= 64, "an alert at most");
    } catch (IOException e) { // reset, as it had sent more than was read
      assertTrue(true);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void callerThatKnowsTls12OnlyIsRefused(Provider provider) throws Exception {
    startTwo(provider);
    TestNode node = nodes.get(0);
    try (LogLines lines = new LogLines(Refusals.class.getName());
        SSLSocket socket =
            new TlsStranger(Optional.of(authority.node(CLUSTER, 1))).client(call(0), "TLSv1.2")) {
      assertEnds(socket);
      TestNode.await(() -> node.count("rejected-connections") == 1);
      TestNode.await(() -> !lines.warnings().isEmpty());
      assertTrue(lines.warnings().getFirst().contains("TLS failed"), lines::toString);
    }
    assertHealthyTwo();
  }

  private static Stream<Arguments> impostors() {
    return providers()
        .flatMap(
            p ->
                Stream.of(
                    Arguments.of(p, CLUSTER, 2, "weft://test/node/2"),
                    Arguments.of(p, CLUSTER, 0, "weft://test/node/0"),
                    Arguments.of(p, "other", 1, "weft://other/node/1")));
  }

  /** The caller says that it is node 1, with a good certificate of another node. */
  @ParameterizedTest
  @MethodSource("impostors")
  void callerWithTheCertificateOfAnotherNodeIsToldSo(
      Provider provider, String cluster, int id, String named) throws Exception {
    startTwo(provider);
    TestNode node = nodes.get(0);
    try (LogLines lines = new LogLines(Refusals.class.getName());
        SSLSocket socket =
            new TlsStranger(Optional.of(authority.node(cluster, id))).client(call(0), TLS_1_3)) {
      socket.getOutputStream().write(HandshakeMessage.encode(hello(1, 0)));
      Refused refused = readRefusal(socket.getInputStream());
      assertEquals(TransportErrors.CERTIFICATE_DIFFERS, refused.toException().code());
      assertTrue(refused.text().contains(named), refused.text());
      assertTrue(refused.text().contains("the hello is of weft://test/node/1"), refused.text());
      TestNode.await(() -> node.count("rejected-connections") == 1);
      assertTrue(lines.warnings().getFirst().contains(named), lines::toString);
    }
    assertHealthyTwo();
  }

  private static Refused readRefusal(InputStream in) throws IOException {
    ByteBuffer answer = ByteBuffer.allocate(2_000);
    while (true) {
      var message = HandshakeMessage.decode(answer.duplicate().flip());
      if (message.isPresent()) {
        return (Refused) message.get();
      }
      int next = in.read();
      assertTrue(next >= 0, "closed without a reason");
      answer.put((byte) next);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void replayedHandshakeIsRefused(Provider provider) throws Exception {
    startTwo(provider);
    TestNode node = nodes.get(0);
    byte[] sent;
    try (TlsStranger.Recorded recorded =
            new TlsStranger.Recorded(TestNode.HOST, members.get(0).port());
        SSLSocket socket =
            new TlsStranger(Optional.of(authority.node(CLUSTER, 1))).client(recorded, TLS_1_3)) {
      socket.getOutputStream().write(HandshakeMessage.encode(hello(1, 0)));
      readRefusal(socket.getInputStream()); // of another storage, so the certificate was good
      sent = recorded.sent();
    }
    TestNode.await(() -> node.count("rejected-connections") == 1);
    assertEquals(0, node.count("tls-failures"));
    try (LogLines lines = new LogLines(Refusals.class.getName());
        Socket socket = call(0)) {
      socket.getOutputStream().write(sent);
      readToTheEnd(socket);
      TestNode.await(() -> node.count("rejected-connections") == 2);
      assertEquals(1, node.count("tls-failures"));
      assertTrue(lines.warnings().getFirst().contains("TLS failed"), lines::toString);
    }
    assertHealthyTwo();
  }

  private static void readToTheEnd(Socket socket) {
    try {
      socket.getInputStream().readAllBytes();
    } catch (IOException e) { // reset: ended all the same
      assertTrue(true);
    }
  }

  private TestNode startHasty(Provider provider) throws Exception {
    return start(
        0,
        TestNode.settings(
            TcpSettings.EventLoopKind.AUTO,
            1,
            Duration.ZERO,
            Duration.ofSeconds(60),
            Duration.ofMillis(1_000),
            files(0, provider).settings()));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void callerWhoSaysNothingIsClosed(Provider provider) throws Exception {
    TestNode node = startHasty(provider);
    try (LogLines lines = new LogLines(Refusals.class.getName())) {
      try (Socket socket = call(0)) {
        assertEndsAfterAnAlert(socket);
      }
      TestNode.await(() -> node.count("rejected-connections") == 1);
      assertEquals(1, node.count("tls-failures"));
      assertTrue(lines.warnings().getFirst().contains("TLS handshake within"), lines::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void callerWhoSaysNothingInTlsIsClosed(Provider provider) throws Exception {
    TestNode node = startHasty(provider);
    try (LogLines lines = new LogLines(Refusals.class.getName());
        SSLSocket socket =
            new TlsStranger(Optional.of(authority.node(CLUSTER, 1))).client(call(0), TLS_1_3)) {
      assertEnds(socket);
      TestNode.await(() -> node.count("rejected-connections") == 1);
      assertEquals(0, node.count("tls-failures"));
      assertTrue(lines.warnings().getFirst().contains("HANDSHAKE_TIMEOUT"), lines::toString);
    }
  }

  @Test
  void idleConnectionsKeepNoMemberOut() throws Exception {
    TestNode called = start(0, Provider.JDK);
    List<Socket> idle = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      idle.add(call(0));
    }
    start(2, Provider.JDK);
    assertEquals("connected n2", called.nextNews());
    TestNode.await(() -> called.count("rejected-connections") >= 136);
    for (Socket socket : idle) {
      socket.close();
    }
    assertHealthyTwo();
  }

  // The other direction: a node that dials

  private static Stream<Arguments> badListeners() {
    List<Bad> more =
        List.of(
            new Bad(
                "not for servers",
                test -> test.named(b -> b.addExtendedKeyUsageClientAuth(), 1),
                "does not permit use for TLS server"),
            new Bad(
                "of another node",
                test -> test.authority.node(CLUSTER, 2),
                "the certificate of weft://test/node/2, expected was weft://test/node/1"),
            new Bad(
                "of another cluster",
                test -> test.authority.node("other", 1),
                "the certificate of weft://other/node/1, expected was weft://test/node/1"));
    return providers()
        .flatMap(
            provider ->
                Stream.concat(BAD_CERTIFICATES.stream(), more.stream())
                    .map(bad -> Arguments.of(provider, bad)));
  }

  @ParameterizedTest
  @MethodSource("badListeners")
  void nothingIsToldToAListenerWithABadCertificate(Provider provider, Bad bad) throws Exception {
    X509Bundle certificate = bad.maker.make(this);
    try (LogLines lines = new LogLines(Connecting.class.getName());
        ServerSocket listener =
            new TlsStranger(Optional.of(certificate)).listen(members.get(1).port())) {
      TestNode node = start(2, provider);
      try (Socket caller = listener.accept()) {
        assertEnds(caller);
      }
      TestNode.await(() -> !lines.warnings().isEmpty());
      String text = lines.warnings().getFirst();
      assertTrue(text.contains("TLS_FAILED") || text.contains(bad.reason), text);
      assertTrue(text.contains(bad.reason), text);
      assertTrue(node.count("tls-failures") >= 1);
      TestNode.await(() -> node.transport.obstacles().toString().contains(bad.reason));
      assertEquals(List.of(), List.copyOf(node.failures));
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void nothingIsToldToAListenerThatDoesNotSpeakTls(Provider provider) throws Exception {
    start(1, TestNode.settings());
    try (LogLines lines = new LogLines(Connecting.class.getName(), Refusals.class.getName())) {
      TestNode node = start(2, provider);
      TestNode.await(() -> node.count("tls-failures") >= 1);
      TestNode.await(() -> nodes.get(0).count("rejected-connections") >= 1);
      TestNode.await(() -> !lines.with("the caller speaks TLS").isEmpty());
      TestNode.await(() -> !node.transport.obstacles().isEmpty());
      assertEquals(List.of(), List.copyOf(node.failures));
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void aListenerThatSaysNothingIsGivenUp(Provider provider) throws Exception {
    try (LogLines lines = new LogLines(Connecting.class.getName());
        ServerSocket silent = new ServerSocket(members.get(1).port())) {
      TestNode node = startHasty(provider);
      try (Socket caller = silent.accept()) {
        TestNode.await(() -> node.count("tls-failures") >= 1);
        TestNode.await(() -> !lines.with("did not finish the TLS handshake").isEmpty());
        readToTheEnd(caller);
      }
      assertEquals(List.of(), List.copyOf(node.failures));
    }
  }

  /** A node in plaintext calls one that encrypts. */
  @ParameterizedTest
  @MethodSource("providers")
  void aNodeInPlaintextIsRefusedByOneThatEncrypts(Provider provider) throws Exception {
    TestNode called = start(0, provider);
    TestNode node = start(1, TestNode.settings());
    TestNode.await(() -> called.count("rejected-connections") >= 1);
    TestNode.await(() -> !node.transport.obstacles().isEmpty());
    assertEquals(List.of(), List.copyOf(node.news));
  }

  @Test
  void withoutCertificatesANodeListensOnTheLoopbackInterfaceOnly() {
    TcpSettings s = TestNode.settings();
    for (TlsSettings.Mode mode : TlsSettings.Mode.values()) {
      if (mode == TlsSettings.Mode.REQUIRED) {
        continue; // it cannot be set without files
      }
      TlsSettings tls =
          new TlsSettings(mode, Provider.AUTO, "", "", "", "", "", Duration.ofSeconds(1));
      TcpSettings everywhere =
          new TcpSettings(
              s.eventLoop(),
              s.ioThreads(),
              "0.0.0.0",
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
              tls);
      try (LogLines lines = new LogLines("io.weft.tcp.tls.Plaintext")) {
        if (mode == TlsSettings.Mode.PLAINTEXT) {
          start(0, everywhere);
          assertTrue(lines.warnings().getFirst().contains("NOT ENCRYPTED"), lines::toString);
        } else {
          WeftException e = assertThrows(WeftException.class, () -> start(0, everywhere));
          assertEquals(TransportErrors.TLS_REQUIRED, e.code());
          assertTrue(e.getMessage().contains("tls.mode = plaintext"), e.getMessage());
          nodes.clear();
        }
      }
    }
  }
}
