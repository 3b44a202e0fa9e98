// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Member;
import io.weft.plugin.tck.TransportContract;
import io.weft.plugin.tck.TransportParts;
import io.weft.spi.transport.Transport;
import java.time.Duration;
import java.util.List;

/** The transport over TCP keeps the rules of the SPI. */
final class TcpTransportContractTest extends TransportContract {
  /** A batch that the channel has, and what the kernels hold on both sides, generously. */
  private static final int UNDER_WAY = 12 << 20;

  @Override
  protected Transport transport(TransportParts parts) {
    return new TcpTransport(
        TestNode.settings(TcpSettings.EventLoopKind.AUTO, 1, Duration.ZERO, parts.resumeTime()),
        parts.node(),
        parts.failure(),
        parts.clock(),
        parts.views(),
        parts.storage(),
        parts.metrics());
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
