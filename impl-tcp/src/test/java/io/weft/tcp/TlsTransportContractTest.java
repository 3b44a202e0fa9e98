// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.handler.ssl.OpenSsl;
import io.weft.api.Member;
import io.weft.plugin.tck.TransportContract;
import io.weft.plugin.tck.TransportParts;
import io.weft.spi.transport.Transport;
import io.weft.tcp.TestAuthority.NodeFiles;
import io.weft.tcp.tls.TlsSettings.Provider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The transport over TCP keeps the rules of the SPI when connections are encrypted. */
final class TlsTransportContractTest {
  /** A batch that the channel has, what TLS has encrypted of it, and what the kernels hold. */
  private static final int UNDER_WAY = 12 << 20;

  private abstract static class Encrypted extends TransportContract {
    private static final TestAuthority AUTHORITY = authority();

    @TempDir Path directory;
    private final Provider provider;

    Encrypted(Provider provider) {
      this.provider = provider;
    }

    private static TestAuthority authority() {
      try {
        return new TestAuthority("contract");
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    @Override
    protected Transport transport(TransportParts parts) {
      return new TcpTransport(
          TestNode.settings(
              TcpSettings.EventLoopKind.AUTO,
              1,
              Duration.ZERO,
              parts.resumeTime(),
              Duration.ofSeconds(30),
              files(parts).settings()),
          parts.node(),
          parts.failure(),
          parts.clock(),
          parts.views(),
          parts.storage(),
          parts.metrics());
    }

    private NodeFiles files(TransportParts parts) {
      int id = parts.node().nodeId().value();
      try {
        return new NodeFiles(directory.resolve("n" + id), provider)
            .certificate(AUTHORITY.node(parts.node().clusterName(), id))
            .trusting(AUTHORITY);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    @Override
    protected List<Member> members(int count) {
      return TestNode.members(count);
    }

    @Override
    protected boolean cut(Transport transport, int peer) {
      ((TcpTransport) transport).cut(peer);
      return true;
    }

    @Override
    protected int bytesUnderWay() {
      return UNDER_WAY;
    }
  }

  @Nested
  final class ByTheJdk extends Encrypted {
    ByTheJdk() {
      super(Provider.JDK);
    }
  }

  @Nested
  final class ByBoringSsl extends Encrypted {
    ByBoringSsl() {
      super(Provider.OPENSSL);
    }

    @BeforeAll
    static void needsTheLibrary() {
      Assumptions.assumeTrue(OpenSsl.isAvailable(), "the native library does not load here");
    }
  }
}
