// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Member;
import io.weft.plugin.tck.TransportContactsContract;
import io.weft.plugin.tck.TransportParts;
import io.weft.spi.transport.Transport;
import java.time.Duration;
import java.util.List;

/** The list of nodes changes while transports over TCP run. */
final class TcpContactsContractTest extends TransportContactsContract {
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
}
