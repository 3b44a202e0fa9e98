// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.cachefusion.spec.LockRules;
import java.util.ArrayList;
import java.util.List;

/**
 * Events of views: those of the present one happen, those of a view that is being installed wait
 * for it, and those of earlier ones are dropped. On the executor of a shard.
 */
final class EpochEvents {
  private final LockRules rules;

  /** Bounded like the locks of those who send the messages. */
  private final List<Waiting> waiting = new ArrayList<>();

  private long epoch;

  /** An event that waits. */
  private record Waiting(long epoch, Runnable event) {}

  EpochEvents(LockRules rules) {
    this.rules = rules;
  }

  /** The epoch of the present view; 0 before the first one. */
  long epoch() {
    return epoch;
  }

  void run(long of, Runnable event) {
    if (of > epoch) {
      waiting.add(new Waiting(of, event));
    } else if (rules.isOfEpoch(of, epoch)) {
      event.run();
    }
  }

  /** A view is being installed. Then {@link #runWaiting}. */
  void install(long next) {
    epoch = next;
  }

  /** The view is installed: its events happen. */
  void runWaiting() {
    List<Waiting> now = List.copyOf(waiting);
    waiting.clear();
    now.forEach(each -> run(each.epoch, each.event));
  }

  /** Drops what waits. */
  void clear() {
    waiting.clear();
  }
}
