// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * A node in a {@link View}.
 *
 * @param id the node
 * @param host name or address that its peers connect to
 * @param port TCP port, 1 to 65,535
 */
public record Member(NodeId id, String host, int port) {
  /** Rejects an empty host and ports outside 1 to 65,535. */
  public Member {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host of " + id + " is empty");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " of " + id + " is outside 1 to 65535");
    }
  }

  @Override
  public String toString() {
    return id + "@" + host + ":" + port;
  }
}
