// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketException;
import java.nio.channels.UnresolvedAddressException;
import org.junit.jupiter.api.Test;

/** Which setting is blamed when a node cannot listen. */
final class BindFailureTest {
  private static void says(
      ErrorCode code, String message, int port, boolean chosen, Exception cause) {
    Member own = new Member(new NodeId(1), "node-b", port);
    WeftException e = BindFailure.of("node-b", own, chosen, cause);
    assertEquals(code, e.code());
    assertEquals(message, e.getMessage());
  }

  @Test
  void anUnknownHostIsNamedWithItsKey() {
    says(
        TransportErrors.BIND_FAILED,
        "cannot listen on node-b:7052: no such host; correct weft.members",
        7052,
        false,
        new UnresolvedAddressException());
    says(
        TransportErrors.BIND_FAILED,
        "cannot listen on node-b:7052: no such host; correct weft.transport.tcp.bind-host",
        7052,
        true,
        new UnresolvedAddressException());
  }

  @Test
  void aPrivilegedPortIsNotInUse() {
    String message =
        "cannot listen on node-b:80: permission denied; ports below 1024 need a privilege: take"
            + " another port in weft.members";
    says(TransportErrors.BIND_FAILED, message, 80, false, new BindException("Permission denied"));
    says(TransportErrors.BIND_FAILED, message, 80, false, new SocketException("Permission denied"));
    says(
        TransportErrors.BIND_FAILED,
        message,
        80,
        true,
        new IOException("bind(..) failed with error(-13): Permission denied"));
  }

  @Test
  void aForeignAddressBlamesWhoNamedIt() {
    BindException cause = new BindException("Cannot assign requested address");
    says(
        TransportErrors.BIND_FAILED,
        "cannot listen on node-b:7052: it is no address of this machine; correct weft.members, or"
            + " set bind-host",
        7052,
        false,
        cause);
    says(
        TransportErrors.BIND_FAILED,
        "cannot listen on node-b:7052: it is no address of this machine; correct"
            + " weft.transport.tcp.bind-host",
        7052,
        true,
        cause);
  }

  @Test
  void aPortThatIsTakenAndAnythingElse() {
    says(
        TransportErrors.PORT_IN_USE,
        "port 7052 on node-b is in use; stop the process that listens there or change"
            + " weft.members",
        7052,
        true,
        new BindException("Address already in use"));
    says(
        TransportErrors.BIND_FAILED,
        "cannot listen on node-b:7052: java.io.IOException; check weft.members",
        7052,
        false,
        new IOException());
  }
}
