// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.net.BindException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;

/** Explains why a node cannot listen, and which setting is the cause. */
final class BindFailure {
  private BindFailure() {}

  /**
   * The error for a bind that failed.
   *
   * @param host the host on which the node was to listen
   * @param chosen whether {@code bind-host} names the host, and not the list of members
   */
  static WeftException of(String host, Member own, boolean chosen, Throwable cause) {
    String words = String.valueOf(cause.getMessage());
    String key = chosen ? "weft.transport.tcp.bind-host" : "weft.members";
    if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
      return failed(host, own, "no such host", "correct " + key, cause);
    }
    // The same errors come from the JDK and from epoll, in the words of the C library.
    if (words.contains("ermission denied")) {
      String remedy =
          own.port() < 1024
              ? "ports below 1024 need a privilege: take another port in weft.members"
              : "this user may not listen there; check the rights of the process";
      return failed(host, own, "permission denied", remedy, cause);
    }
    if (words.contains("assign")) {
      String why = "it is no address of this machine";
      String remedy = chosen ? "correct " + key : "correct weft.members, or set bind-host";
      return failed(host, own, why, remedy, cause);
    }
    if (words.contains("in use") || cause instanceof BindException) {
      return new WeftException(
          TransportErrors.PORT_IN_USE,
          "port "
              + own.port()
              + " on "
              + host
              + " is in use; stop the process that listens there or change weft.members",
          cause);
    }
    return failed(
        host, own, cause.getMessage() == null ? cause + "" : words, "check " + key, cause);
  }

  private static WeftException failed(
      String host, Member own, String why, String remedy, Throwable cause) {
    return new WeftException(
        TransportErrors.BIND_FAILED,
        "cannot listen on " + host + ":" + own.port() + ": " + why + "; " + remedy,
        cause);
  }
}
