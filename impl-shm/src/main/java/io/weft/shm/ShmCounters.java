// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;

/** The counters of the transport; those that other transports have, too, have the same names. */
record ShmCounters(
    Counter messagesSent,
    Counter messagesReceived,
    Counter bytesSent,
    Counter bytesReceived,
    Counter flushes,
    Counter wakes,
    Counter acknowledgements,
    Counter reconnects,
    Counter resent,
    Counter duplicates,
    Counter corruptFrames,
    Counter rejectedConnections) {

  static ShmCounters of(Metrics metrics) {
    return new ShmCounters(
        metrics.counter("transport.messages-sent", "Messages that left, repetitions included."),
        metrics.counter("transport.messages-received", "Messages handed to their services."),
        metrics.counter("transport.bytes-sent", "Bytes of all frames that left."),
        metrics.counter("transport.bytes-received", "Bytes of all frames that came."),
        metrics.counter("transport.flushes", "Batches of frames put into rings."),
        metrics.counter("transport.wakes", "Sleeping peers that were woken."),
        metrics.counter("transport.acknowledgements", "Frames that carried nothing else."),
        metrics.counter("transport.reconnects", "Sessions continued on a new connection."),
        metrics.counter("transport.resent", "Messages sent again after a reconnect."),
        metrics.counter("transport.duplicates", "Messages dropped as received before."),
        metrics.counter("transport.corrupt-frames", "Frames refused for their structure."),
        metrics.counter("transport.rejected-connections", "Connections refused or not Weft's."));
  }
}
