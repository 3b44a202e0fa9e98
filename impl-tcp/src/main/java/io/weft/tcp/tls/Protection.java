// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/**
 * What stands between the sockets of a node and its handshakes: TLS, or nothing. Thread-safe, but a
 * channel is prepared on its event loop.
 */
public interface Protection extends AutoCloseable {
  /**
   * Whether connections are encrypted. If so, a {@link CertifiedNode} is fired as a user event of
   * the channel when the peer has proved who it is. Nothing may be sent or accepted before.
   */
  boolean isEncrypted();

  /**
   * Checks that this node may listen there.
   *
   * @throws io.weft.api.WeftException {@code TLS_REQUIRED} if it may not without TLS
   */
  void checkListening(InetSocketAddress address);

  /** Adds the handlers of a connection that a caller has opened; before all others. */
  void accepted(Channel channel);

  /** Adds the handlers of a connection to that node; before all others. */
  void dialled(Channel channel, CertifiedNode peer);

  /** Ends the watching of files. Connections stay. */
  @Override
  void close();

  /** What protects, as text for the log. */
  @Override
  String toString();
}
