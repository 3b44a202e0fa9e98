// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.Node;
import io.weft.api.Reading;
import io.weft.api.RecoveryPhase;
import io.weft.api.SharedLease;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** What a node does for {@link FailoverBenchmark}: holds blocks, feels stalls, sees views. */
final class FailoverProbe {
  private static final long PACE_NS = 200_000;
  private static final long LOOK_NS = 100_000;

  private final Node node;
  private final BlockCache cache;
  private final AtomicLong longestNs = new AtomicLong();

  FailoverProbe(Node node) {
    this.node = node;
    cache = node.cache();
  }

  /** Reads blocks, each once, which then stay in the cache. */
  void hold(int file, int count) {
    Reading reading = cache.newReading();
    for (int number = 0; number < count; number++) {
      try (SharedLease lease = reading.shared(file, number)) {
        lease.content().get(JAVA_LONG, 0);
      }
    }
  }

  /** Changes blocks, each once; all of it is durable afterwards. */
  void change(int file, int count) {
    Change change = cache.newChange();
    for (int number = 0; number < count; number++) {
      touch(change, file, number, number == count - 1 ? Durability.SYNC : Durability.ASYNC);
    }
  }

  private static void touch(Change change, int file, long number, Durability durability) {
    ExclusiveLease lease = change.exclusive(file, number);
    var counter = change.writable(lease, 0, Long.BYTES);
    counter.set(JAVA_LONG, 0, counter.get(JAVA_LONG, 0) + 1);
    change.commit(durability);
  }

  /** Touches blocks from now on, again and again, on a thread of its own. */
  void pulse(int file, long[] numbers) {
    Change change = cache.newChange();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              for (int i = 0; ; i = (i + 1) % numbers.length) {
                long start = System.nanoTime();
                touch(change, file, numbers[i], Durability.ASYNC);
                long tookNs = System.nanoTime() - start;
                longestNs.accumulateAndGet(tookNs, Math::max);
                LockSupport.parkNanos(PACE_NS);
              }
            });
  }

  /** Forgets what was felt. */
  void mark() {
    longestNs.set(0);
  }

  /** The longest touch since the mark, in nanoseconds. */
  long felt() {
    return longestNs.get();
  }

  /** Waits until a view of just these nodes is complete here; returns when that was seen. */
  long settled(long members) {
    while (node.view().memberBits() != members
        || node.recovery().filter(now -> now.phase() == RecoveryPhase.COMPLETE).isEmpty()) {
      LockSupport.parkNanos(LOOK_NS);
    }
    return System.nanoTime();
  }
}
