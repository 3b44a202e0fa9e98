// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.spi.transport.MessageHandler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The message handlers, by service number. Registered by one thread before the start, then called
 * by the event loops.
 */
final class Services {
  /** Largest service number; the frame has one byte for it. */
  private static final int MAX_SERVICE = 255;

  private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];
  private final TcpCounters counters;
  private final NodeStop stop;
  private volatile boolean complete;

  Services(TcpCounters counters, NodeStop stop) {
    this.counters = counters;
    this.stop = stop;
  }

  void register(int service, MessageHandler handler) {
    if (service < 1 || service > MAX_SERVICE) {
      throw new IllegalArgumentException("service " + service + " is outside 1 to " + MAX_SERVICE);
    }
    if (complete || handlers[service] != null) {
      throw new IllegalStateException(
          "service "
              + service
              + (complete ? " is registered after the start" : " already has a handler"));
    }
    handlers[service] = handler;
  }

  /** The transport starts: no handler can be registered any more. */
  void complete() {
    complete = true;
  }

  /** Delivers a message to its service; an exception of the handler stops the node. Event loops. */
  void deliver(int from, int service, ByteBuffer header, MemorySegment payload) {
    if (stop.isFailed()) {
      return;
    }
    MessageHandler handler = handlers[service];
    if (handler == null) {
      stop.onThrown(
          new IllegalStateException("n" + from + " sent to service " + service + ": no handler"));
      return;
    }
    counters.messagesReceived().increment();
    try {
      handler.onMessage(from, header, payload);
    } catch (RuntimeException | Error e) {
      stop.onThrown(e);
    }
  }
}
