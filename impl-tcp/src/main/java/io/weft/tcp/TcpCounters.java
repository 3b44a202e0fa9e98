// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;

/** The counters of the transport. */
record TcpCounters(
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
    Counter rejectedConnections,
    Counter tlsFailures,
    Counter tlsReloads) {

  static TcpCounters of(Metrics metrics) {
    return new TcpCounters(
        metrics.counter("transport.messages-sent", "Messages that left, repetitions included."),
        metrics.counter("transport.messages-received", "Messages handed to their services."),
        metrics.counter("transport.bytes-sent", "Bytes of all frames that left."),
        metrics.counter("transport.bytes-received", "Bytes of all frames that came."),
        metrics.counter("transport.flushes", "Batches of frames given to the kernel."),
        metrics.counter("transport.acknowledgements", "Frames that carried nothing else."),
        metrics.counter("transport.reconnects", "Sessions continued on a new connection."),
        metrics.counter("transport.resent", "Messages sent again after a reconnect."),
        metrics.counter("transport.duplicates", "Messages dropped as received before."),
        metrics.counter("transport.corrupt-frames", "Frames refused for checksum or structure."),
        metrics.counter("transport.rejected-connections", "Connections refused or not Weft's."),
        metrics.counter("transport.tls-failures", "Connections on which TLS failed, either side."),
        metrics.counter("transport.tls-reloads", "Changes of the TLS files that were taken."));
  }
}
