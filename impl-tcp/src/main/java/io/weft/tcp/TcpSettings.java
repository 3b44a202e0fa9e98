// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.spi.plugin.ByteSize;
import io.weft.tcp.tls.TlsSettings;
import java.time.Duration;

/**
 * Settings of the TCP transport; {@code reference.conf} explains each.
 *
 * @param eventLoop how sockets are polled
 * @param ioThreads event loop threads, 1 to 16
 * @param bindHost address to listen on; empty for the host that the member list gives this node
 * @param batchWindow longest wait for further messages before a batch leaves, 0 to 100 ms
 * @param batchMaxMessages number of messages that leave before the window's end, 1 to 10,000
 * @param spin how long an event loop polls after the last activity before it sleeps, 0 to 1 ms
 * @param acknowledgeDelay how long an acknowledgement waits for a message that carries it, 0 to 100
 *     ms
 * @param resumeTime how long a session waits for a new connection, 100 ms to 10 min
 * @param handshakeTimeout longest time for connecting and for the handshake, 100 ms to 1 min
 * @param goodbyeTime longest wait for peers at a planned stop, 0 to 1 min
 * @param stallTime age of unacknowledged bytes at which the kernel closes the connection, 1 s to 10
 *     min
 * @param sendBuffer the socket's send buffer, 0 for the kernel's own choice, up to 64 MiB
 * @param receiveBuffer the socket's receive buffer, 0 for the kernel's own choice, up to 64 MiB
 * @param tls encryption
 */
public record TcpSettings(
    EventLoopKind eventLoop,
    int ioThreads,
    String bindHost,
    Duration batchWindow,
    int batchMaxMessages,
    Duration spin,
    Duration acknowledgeDelay,
    Duration resumeTime,
    Duration handshakeTimeout,
    Duration goodbyeTime,
    Duration stallTime,
    ByteSize sendBuffer,
    ByteSize receiveBuffer,
    TlsSettings tls) {
  /** How sockets are polled. */
  public enum EventLoopKind {
    /** Native epoll if its library loads, otherwise the JDK's selector. */
    AUTO,
    /** Native epoll of Linux; start fails without it. */
    EPOLL,
    /** The JDK's selector. */
    NIO
  }

  /** Largest socket buffer: 64 MiB. */
  private static final long MAX_SOCKET_BUFFER = 64L << 20;

  /** Checks all ranges. */
  public TcpSettings {
    range("io-threads", ioThreads, 1, 16);
    range("batch-window", batchWindow, Duration.ZERO, Duration.ofMillis(100));
    range("batch-max-messages", batchMaxMessages, 1, 10_000);
    range("spin", spin, Duration.ZERO, Duration.ofMillis(1));
    range("acknowledge-delay", acknowledgeDelay, Duration.ZERO, Duration.ofMillis(100));
    range("resume-time", resumeTime, Duration.ofMillis(100), Duration.ofMinutes(10));
    range("handshake-timeout", handshakeTimeout, Duration.ofMillis(100), Duration.ofMinutes(1));
    range("goodbye-time", goodbyeTime, Duration.ZERO, Duration.ofMinutes(1));
    range("stall-time", stallTime, Duration.ofSeconds(1), Duration.ofMinutes(10));
    range("send-buffer", sendBuffer.bytes(), 0, MAX_SOCKET_BUFFER);
    range("receive-buffer", receiveBuffer.bytes(), 0, MAX_SOCKET_BUFFER);
  }

  private static void range(String key, long value, long from, long to) {
    if (value < from || value > to) {
      throw new IllegalArgumentException(key + " = " + value + " is outside " + from + " to " + to);
    }
  }

  private static void range(String key, Duration value, Duration from, Duration to) {
    if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
      throw new IllegalArgumentException(
          key + " = " + text(value) + " is outside " + text(from) + " to " + text(to));
    }
  }

  private static String text(Duration duration) {
    return duration.toNanos() % 1_000_000 == 0
        ? duration.toMillis() + " ms"
        : duration.toNanos() / 1_000 + " us";
  }
}
