// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.spi.metrics.Counter;
import io.weft.spi.transport.MessageHandler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The message handlers, by service number. Registered by one thread before the start, then called
 * by the threads of the transport.
 */
public final class Services {
  /** Largest service number; the frame has one byte for it. */
  private static final int MAX_SERVICE = 255;

  private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];
  private final Counter received;
  private final NodeStop stop;
  private volatile boolean complete;

  /**
   * Creates a table without handlers.
   *
   * @param received counts the messages that are passed to handlers
   * @param stop stops the node if a handler throws
   */
  public Services(Counter received, NodeStop stop) {
    this.received = received;
    this.stop = stop;
  }

  /**
   * Registers the handler of a service.
   *
   * @param service 1 to 255
   * @throws IllegalArgumentException if the number is out of range
   * @throws IllegalStateException if it has a handler, or the table is complete
   */
  public void register(int service, MessageHandler handler) {
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
  public void complete() {
    complete = true;
  }

  /** Delivers a message to its service; an exception of the handler stops the node. */
  public void deliver(int from, int service, ByteBuffer header, MemorySegment payload) {
    if (stop.isFailed()) {
      return;
    }
    MessageHandler handler = handlers[service];
    if (handler == null) {
      stop.onThrown(
          new IllegalStateException("n" + from + " sent to service " + service + ": no handler"));
      return;
    }
    received.increment();
    try {
      handler.onMessage(from, header, payload);
    } catch (RuntimeException | Error e) {
      stop.onThrown(e);
    }
  }
}
