// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.spi.transport.MessageHandler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The handlers of messages, by service. Registered before the start by one thread, called from then
 * on by the event loops.
 */
final class Services {
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
          "service " + service + (complete ? " comes after the start" : " has a handler already"));
    }
    handlers[service] = handler;
  }

  /** The transport starts: no handler is taken any more. */
  void complete() {
    complete = true;
  }

  /** Hands a message to its service; what that throws stops the node. Event loops. */
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
