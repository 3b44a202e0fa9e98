// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The waits of this node's owners that concern block leases: an owner waits for a block, or it
 * waits for a lock while its scopes have leases. Whoever waits lists the leases before; so leases
 * cost nothing until their owner waits, and what is listed is held as long as the wait lasts.
 * Thread-safe.
 */
final class LeaseWaits {
  private final NodeServices node;
  private final LockClock clock;
  private final Runnable suspect;
  private final Map<Long, Entry> waits = new ConcurrentHashMap<>();
  private final AtomicBoolean isWatching = new AtomicBoolean();

  /** A wait, when it began, and what ends it. */
  private record Entry(LockMessage.LeaseWait told, long since, Consumer<WeftException> end) {}

  /**
   * No waits.
   *
   * @param suspect called when a wait for a block is old
   */
  LeaseWaits(NodeServices node, LockClock clock, Runnable suspect) {
    this.node = node;
    this.clock = clock;
    this.suspect = suspect;
  }

  /**
   * A wait begins.
   *
   * @param owner number of the owner at this node
   * @param wanted the block that it waits for; empty if it waits for a lock
   * @param held leases that it has meanwhile
   * @param end ends the wait for the block with an error, unless it has ended
   * @return ends the listing; called when the wait has ended
   */
  Runnable begin(
      long owner, Optional<HeldLease> wanted, List<HeldLease> held, Consumer<WeftException> end) {
    long stamp = clock.next();
    waits.put(
        stamp,
        new Entry(
            new LockMessage.LeaseWait(owner, stamp, wanted, held), node.runtime().nanoTime(), end));
    if (wanted.isPresent()) {
      watch();
    }
    return () -> waits.remove(stamp);
  }

  /** Ends the wait for a block that is part of a deadlock, unless it has ended. */
  void end(LockMessage.EndBlockWait m) {
    Entry entry = waits.get(m.stamp());
    if (entry != null && entry.told.owner() == m.owner()) {
      entry.end.accept(
          new WeftException(
              LockErrors.DEADLOCK,
              "the wait for "
                  + entry.told.wanted().map(HeldLease::toString).orElse("a lock")
                  + " is part of a deadlock and was ended: "
                  + m.cycle()
                  + "; give back the locks and leases of this owner, so that the others go on, and"
                  + " try again"));
    }
  }

  /** All waits, the oldest first. */
  List<LockMessage.LeaseWait> all() {
    return waits.values().stream()
        .map(Entry::told)
        .sorted(Comparator.comparingLong(LockMessage.LeaseWait::stamp))
        .toList();
  }

  /** Looks at the age of waits for blocks from time to time while there are any. */
  private void watch() {
    if (isWatching.compareAndSet(false, true)) {
      node.runtime().schedule(DeadlockDetector.LOOK_NS, this::look);
    }
  }

  private void look() {
    isWatching.set(false);
    if (node.run().isStopped()) {
      return;
    }
    long old = node.runtime().nanoTime() - DeadlockDetector.OLD_NS;
    boolean any = false;
    boolean anyOld = false;
    for (Entry each : waits.values()) {
      any |= each.told.wanted().isPresent();
      anyOld |= each.told.wanted().isPresent() && each.since - old <= 0;
    }
    if (anyOld) {
      suspect.run();
    }
    if (any) {
      watch();
    }
  }
}
