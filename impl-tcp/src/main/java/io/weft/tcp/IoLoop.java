// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * An event loop and what it has to flush when the present read batch has been handled: messages
 * that handlers send leave together, in one write for each peer. Owned by the loop's thread.
 */
final class IoLoop {
  private final EventLoop loop;
  private final List<Outbox> touched = new ArrayList<>();
  private boolean inBatch;

  IoLoop(EventLoop loop) {
    this.loop = loop;
  }

  EventLoop eventLoop() {
    return loop;
  }

  boolean isCurrent() {
    return loop.inEventLoop();
  }

  void beginBatch() {
    inBatch = true;
  }

  /** Flushes every outbox that got work during the batch. */
  void endBatch() {
    inBatch = false;
    for (Outbox outbox : touched) {
      outbox.endOfBatch();
    }
    touched.clear();
  }

  /** Remembers to flush an outbox; false if no batch is being handled, so nobody would. */
  boolean flushLater(Outbox outbox) {
    if (inBatch) {
      touched.add(outbox);
    }
    return inBatch;
  }
}
