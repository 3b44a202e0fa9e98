// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The work for the end of the batch of arrivals that a loop handles. Owned by the loop's thread.
 *
 * <p>Messages sent by handlers leave together, in one write for each peer. Acknowledgements that no
 * message carries leave with a later batch: a short timer for each would make the kernel program
 * its clock at every sleep of the loop, which costs more than the acknowledgement. One long timer
 * sends them if no batch follows.
 */
public final class ReadBatch {
  /** Longest wait of an acknowledgement if no batch follows: 20 ms. */
  private static final long IDLE_ACKNOWLEDGE_MS = 20;

  private final PeerLoop loop;
  private final long acknowledgeDelayNs;
  private final List<PeerLoop.Batched> touched = new ArrayList<>();
  private final List<PeerLoop.Unacknowledged> unacknowledged = new ArrayList<>();
  private boolean open;
  private boolean idleTimer;

  /**
   * No batch is being handled.
   *
   * @param acknowledgeDelay how long an acknowledgement waits for a message that carries it
   */
  public ReadBatch(PeerLoop loop, Duration acknowledgeDelay) {
    this.loop = loop;
    this.acknowledgeDelayNs = acknowledgeDelay.toNanos();
  }

  /** A batch begins. */
  public void begin() {
    open = true;
  }

  /**
   * Flushes every outbox that got work during the batch, and sends acknowledgements that are due.
   *
   * @param arrived whether the batch was more than a look; if not, and nothing was sent,
   *     acknowledgements go on waiting
   */
  public void end(boolean arrived) {
    open = false;
    if (!arrived && touched.isEmpty()) {
      return;
    }
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).endOfBatch();
    }
    touched.clear();
    if (!unacknowledged.isEmpty()) {
      long then = loop.nanoTime() - acknowledgeDelayNs;
      unacknowledged.removeIf(receiver -> receiver.acknowledgeIfDueSince(then));
    }
  }

  /** As {@link PeerLoop#flushLater}. */
  public boolean flushLater(PeerLoop.Batched work) {
    if (open) {
      touched.add(work);
    }
    return open;
  }

  /** As {@link PeerLoop#acknowledgeLater}. */
  public void acknowledgeLater(PeerLoop.Unacknowledged receiver) {
    unacknowledged.add(receiver);
    awaitIdleness();
  }

  private void awaitIdleness() {
    if (!idleTimer) {
      idleTimer = true;
      loop.schedule(this::acknowledgeAll, IDLE_ACKNOWLEDGE_MS);
    }
  }

  private void acknowledgeAll() {
    idleTimer = false;
    long now = loop.nanoTime();
    unacknowledged.removeIf(receiver -> receiver.acknowledgeIfDueSince(now));
    if (!unacknowledged.isEmpty()) {
      awaitIdleness();
    }
  }
}
