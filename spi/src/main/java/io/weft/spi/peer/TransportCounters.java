// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;

/**
 * The counters that all transports have.
 *
 * @param messagesSent messages that left, repetitions included
 * @param messagesReceived messages handed to their services
 * @param bytesSent bytes of all frames that left
 * @param bytesReceived bytes of all frames that came
 * @param flushes batches of frames
 * @param acknowledgements frames that carried nothing else
 * @param reconnects sessions continued on a new connection
 * @param resent messages sent again after a reconnect
 * @param duplicates messages dropped as received before
 * @param corruptFrames frames refused
 * @param rejectedConnections connections refused, or not of a node
 */
public record TransportCounters(
    Counter messagesSent,
    Counter messagesReceived,
    Counter bytesSent,
    Counter bytesReceived,
    Counter flushes,
    Counter acknowledgements,
    Counter reconnects,
    Counter resent,
    Counter duplicates,
    Counter corruptFrames,
    Counter rejectedConnections) {

  /**
   * The counters in {@code metrics}.
   *
   * @param flushes what this transport counts as a batch, as text for an operator
   * @param corruptFrames which frames it refuses, as text for an operator
   */
  public static TransportCounters of(Metrics metrics, String flushes, String corruptFrames) {
    return new TransportCounters(
        metrics.counter("transport.messages-sent", "Messages that left, repetitions included."),
        metrics.counter("transport.messages-received", "Messages handed to their services."),
        metrics.counter("transport.bytes-sent", "Bytes of all frames that left."),
        metrics.counter("transport.bytes-received", "Bytes of all frames that came."),
        metrics.counter("transport.flushes", flushes),
        metrics.counter("transport.acknowledgements", "Frames that carried nothing else."),
        metrics.counter("transport.reconnects", "Sessions continued on a new connection."),
        metrics.counter("transport.resent", "Messages sent again after a reconnect."),
        metrics.counter("transport.duplicates", "Messages dropped as received before."),
        metrics.counter("transport.corrupt-frames", corruptFrames),
        metrics.counter("transport.rejected-connections", "Connections refused or not Weft's."));
  }
}
