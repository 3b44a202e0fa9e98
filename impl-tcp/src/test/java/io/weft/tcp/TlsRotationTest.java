// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.X509Bundle;
import io.weft.api.Member;
import io.weft.plugin.tck.doubles.LogLines;
import io.weft.spi.peer.Refusals;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.tcp.TestAuthority.NodeFiles;
import io.weft.tcp.tls.TlsSettings.Provider;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Certificates, authorities and lists are replaced while nodes work. */
@Timeout(300)
class TlsRotationTest {
  private static final String CLUSTER = "test";
  private static final String KEEPER = "io.weft.tcp.tls.TlsProtection";

  @TempDir Path directory;
  private final List<Member> members = TestNode.members(2);
  private final List<TestNode> nodes = new ArrayList<>();
  private final List<NodeFiles> files = new ArrayList<>();
  private final Queue<Integer> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicInteger handled = new AtomicInteger();
  private final TestAuthority[] authorities = new TestAuthority[2];

  @BeforeEach
  void makeAuthorities() throws Exception {
    authorities[0] = new TestAuthority("old");
    authorities[1] = new TestAuthority("new");
  }

  @AfterEach
  void closeNodes() {
    nodes.reversed().forEach(TestNode::close);
  }

  static Stream<Provider> providers() {
    return OpenSsl.isAvailable()
        ? Stream.of(Provider.JDK, Provider.OPENSSL)
        : Stream.of(Provider.JDK);
  }

  private void startTwo(Provider provider, boolean withLists) throws Exception {
    for (int id = 0; id < 2; id++) {
      NodeFiles own =
          new NodeFiles(directory.resolve("n" + id), provider)
              .certificate(authorities[0].node(CLUSTER, id))
              .trusting(authorities[0]);
      if (withLists) {
        own.revoked(authorities[0].revoking());
      }
      files.add(own);
      TestNode node =
          new TestNode(TestNode.node(CLUSTER, members, id, 10), TestNode.encrypted(own.settings()))
              .handling(
                  (from, header, payload) -> {
                    arrived.add(header.getInt(header.position()));
                    handled.incrementAndGet();
                  });
      nodes.add(node);
      node.start();
    }
    assertEquals("connected n1", nodes.get(0).nextNews());
    assertEquals("connected n0", nodes.get(1).nextNews());
  }

  /** Changes the files of a node, and waits until they count. */
  private void reload(int id, FileChange change) throws Exception {
    long before = nodes.get(id).count("tls-reloads");
    change.make(files.get(id));
    TestNode.await(() -> nodes.get(id).count("tls-reloads") > before);
  }

  private interface FileChange {
    void make(NodeFiles files) throws Exception;
  }

  private void reconnect() {
    long before = nodes.get(0).count("reconnects");
    nodes.get(1).transport.cut(0);
    TestNode.await(() -> nodes.get(0).count("reconnects") > before);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void certificatesAndAuthoritiesAreReplacedUnderLoad(Provider provider) throws Exception {
    startTwo(provider, false);
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger sent = new AtomicInteger();
    Thread sender =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!enough.get()) {
                    if (sent.get() - handled.get() > 1_000) {
                      Thread.onSpinWait();
                      continue;
                    }
                    byte[] number = ByteBuffer.allocate(64).putInt(sent.getAndIncrement()).array();
                    nodes.get(0).send(1, Lane.REQUEST, number, Payload.NONE);
                  }
                });
    for (int id = 0; id < 2; id++) {
      reload(id, f -> f.trusting(authorities));
    }
    reconnect();
    for (int id = 0; id < 2; id++) {
      X509Bundle fresh = authorities[1].node(CLUSTER, id);
      reload(id, f -> f.certificate(fresh));
      reconnect();
    }
    for (int id = 0; id < 2; id++) {
      reload(id, f -> f.trusting(authorities[1]));
    }
    reconnect();
    enough.set(true);
    sender.join();
    TestNode.await(() -> handled.get() == sent.get());
    assertTrue(sent.get() > 0);
    int next = 0;
    for (int number : arrived) {
      assertEquals(next++, number);
    }
    assertNothingLost();
    assertStrangerIsRefused(authorities[0].node(CLUSTER, 1), "no trusted authority");
  }

  private void assertNothingLost() {
    for (TestNode node : nodes) {
      assertEquals(List.of(), List.copyOf(node.failures));
      assertEquals(List.of(), List.copyOf(node.losses));
    }
  }

  private void assertStrangerIsRefused(X509Bundle certificate, String reason) throws Exception {
    TestNode node = nodes.get(0);
    long before = node.count("rejected-connections");
    try (LogLines lines = new LogLines(Refusals.class.getName());
        SSLSocket socket =
            new TlsStranger(Optional.of(certificate))
                .client(new Socket(TestNode.HOST, members.get(0).port()), "TLSv1.3")) {
      try {
        assertEquals(-1, socket.getInputStream().read());
      } catch (IOException e) { // an alert: closed all the same
        assertTrue(true);
      }
      TestNode.await(() -> node.count("rejected-connections") > before);
      assertTrue(!lines.with(reason).isEmpty(), lines::toString);
    }
  }

  /** Replaced one after the other: the key does not fit in between. */
  @ParameterizedTest
  @MethodSource("providers")
  void badFilesAreNotUsedAndReportedOnceAMinute(Provider provider) throws Exception {
    startTwo(provider, false);
    try (LogLines lines = new LogLines(KEEPER)) {
      String key = authorities[0].node(CLUSTER, 0).getPrivateKeyPEM();
      files.get(0).write("key.pem", key);
      TestNode.await(() -> !lines.warnings().isEmpty());
      String text = lines.warnings().getFirst();
      assertTrue(text.contains("NOT used") && text.contains("is not the key"), text);
      reconnect(); // by the files before
      X509Bundle whole = authorities[0].node(CLUSTER, 0);
      reload(0, f -> f.certificate(whole));
      reconnect();
      assertEquals(1, lines.warnings().size(), "one line a minute");
    }
    assertNothingLost();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void aRevokedPeerIsCutOffAndComesBackWithAGoodCertificate(Provider provider) throws Exception {
    startTwo(provider, true);
    X509Bundle stolen = authorities[0].node(CLUSTER, 1);
    reload(1, f -> f.certificate(stolen));
    reconnect();
    nodes.forEach(node -> node.breaks.clear());
    try (LogLines lines = new LogLines(KEEPER)) {
      String list = authorities[0].revoking(stolen);
      reload(0, f -> f.revoked(list));
      assertEquals("n1 in life 10", TestNode.next(nodes.get(0).breaks));
      assertTrue(!lines.with("has been revoked").isEmpty(), lines::toString);
      TestNode.await(() -> nodes.get(0).count("rejected-connections") >= 2);
      long before = nodes.get(0).count("reconnects");
      for (int i = 0; i < 10; i++) {
        byte[] number = ByteBuffer.allocate(4).putInt(i).array();
        nodes.get(0).send(1, Lane.REQUEST, number, Payload.NONE);
      }
      assertEquals(0, handled.get());
      assertEquals(before, nodes.get(0).count("reconnects"));
      X509Bundle good = authorities[0].node(CLUSTER, 1);
      reload(1, f -> f.certificate(good));
      TestNode.await(() -> handled.get() == 10);
    }
    assertNothingLost();
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), List.copyOf(arrived));
  }
}
