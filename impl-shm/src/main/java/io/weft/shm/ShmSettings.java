// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.plugin.ByteSize;
import java.time.Duration;

/**
 * Settings of the transport over shared memory; {@code reference.conf} explains each.
 *
 * @param directory directory below which the cluster gets a directory of its own, on a file system
 *     in memory
 * @param ringSize bytes of the ring of each direction of a connection, a power of two from 128 KiB
 *     to 64 MiB
 * @param waiting what the receiving thread does when nothing arrives
 * @param spin how long it polls before it yields or parks, 0 to 1 ms
 * @param acknowledgeDelay how long an acknowledgement waits for a message that carries it, 0 to 100
 *     ms
 * @param resumeTime how long a session waits for a new connection, 100 ms to 10 min
 * @param handshakeTimeout longest time for the handshake, 100 ms to 1 min
 * @param goodbyeTime longest wait for peers at a planned stop, 0 to 1 min
 */
public record ShmSettings(
    String directory,
    ByteSize ringSize,
    Waiting waiting,
    Duration spin,
    Duration acknowledgeDelay,
    Duration resumeTime,
    Duration handshakeTimeout,
    Duration goodbyeTime) {
  /** What the receiving thread does when nothing has arrived for the time of {@link #spin}. */
  public enum Waiting {
    /** It goes on polling, and takes a whole core. */
    SPIN,
    /** It goes on polling, and gives the core to other threads between two looks. */
    YIELD,
    /** It sleeps until a peer wakes it. */
    PARK
  }

  /** Checks all ranges. */
  public ShmSettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException("directory is empty; name one in memory, as /dev/shm");
    }
    if (!directory.startsWith("/")) {
      throw new IllegalArgumentException(
          "directory = "
              + directory
              + " is relative; name it from the root on, so that all nodes mean the same");
    }
    if (!Ring.isLegal(ringSize.bytes())) {
      throw new IllegalArgumentException(
          "ring-size = "
              + ringSize.bytes()
              + " bytes is not a power of two from "
              + Ring.MIN_BYTES
              + " to "
              + Ring.MAX_BYTES);
    }
    range("spin", spin, Duration.ZERO, Duration.ofMillis(1));
    range("acknowledge-delay", acknowledgeDelay, Duration.ZERO, Duration.ofMillis(100));
    range("resume-time", resumeTime, Duration.ofMillis(100), Duration.ofMinutes(10));
    range("handshake-timeout", handshakeTimeout, Duration.ofMillis(100), Duration.ofMinutes(1));
    range("goodbye-time", goodbyeTime, Duration.ZERO, Duration.ofMinutes(1));
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
