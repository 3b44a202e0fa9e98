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
  private final List<Peer> touched = new ArrayList<>();
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

  /** Flushes every peer that got messages during the batch. */
  void endBatch() {
    inBatch = false;
    for (Peer peer : touched) {
      peer.drain();
    }
    touched.clear();
  }

  /** Remembers to flush a peer; false if no batch is being handled, so nobody would. */
  boolean flushLater(Peer peer) {
    if (inBatch) {
      touched.add(peer);
    }
    return inBatch;
  }
}
