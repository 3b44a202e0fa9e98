// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockValue;
import io.weft.api.Locks;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.plugin.workload.agent.Patience;
import io.weft.plugin.workload.agent.Tally;
import io.weft.plugin.workload.shared.ValueBlock;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Counters that all nodes update under global locks, one thread's part. An update reads the counter
 * in one scope, pauses, and changes it in another one. In between only the lock keeps others away,
 * so a counter that has changed proves that two owners had the lock. The lock's value is the
 * counter again: a valid value that differs from the block is a violation, too.
 */
final class LockedCounters {
  private static final int FILE = 2;
  private static final int COUNTERS = 16;

  /** Longest pause between read and change, in nanoseconds. */
  private static final int MAX_PAUSE_NS = 300_000;

  /** A value that says: it is not known whether the last change took effect. */
  private static final long UNKNOWN = -1;

  private final LockOwner owner;
  private final SplittableRandom random;
  private final Tally tally;
  private final Reading reading;
  private final Change change;

  LockedCounters(BlockCache cache, Locks locks, SplittableRandom random, Tally tally) {
    this.owner = locks.newOwner("chaos");
    this.random = random;
    this.tally = tally;
    this.reading = cache.newReading();
    this.change = cache.newChange();
  }

  /**
   * Adds one to a counter.
   *
   * @throws WeftException {@link WorkloadErrors#LOCK_BROKEN} if the lock did not exclude others, or
   *     any error of the calls; the lock is released in any case
   */
  void update() {
    int counter = random.nextInt(COUNTERS);
    LockName name = LockName.of("chaos/counter " + counter);
    owner.acquire(name, LockMode.EX);
    boolean changing = false;
    try {
      long before = read(counter);
      checkValue(name, before);
      LockSupport.parkNanos(random.nextInt(MAX_PAUSE_NS));
      changing = true;
      change(name, counter, before);
      owner.release(name, bytes(before + 1));
      tally.lockedUpdates.increment();
    } catch (WeftException e) {
      giveBack(name, changing, e);
      throw e;
    }
  }

  private long read(int counter) {
    try (reading) {
      SharedLease lease = reading.shared(FILE, ChaosSettings.number(counter));
      long value = ValueBlock.value(lease.content());
      lease.close(); // only now it counts
      return value;
    }
  }

  private void change(LockName name, int counter, long before) {
    try (change) {
      ExclusiveLease lease = change.exclusive(FILE, ChaosSettings.number(counter));
      long now = ValueBlock.value(lease.content());
      if (now != before) {
        owner.check(); // otherwise the node had lost the lock with its membership
        throw broken(name + ": the counter went from " + before + " to " + now + " under EX");
      }
      ValueBlock.write(change, lease, before + 1);
      Patience.commit(change);
    }
  }

  private void checkValue(LockName name, long counter) {
    LockValue value = owner.value(name);
    if (!value.isValid()) {
      return;
    }
    long known = ByteBuffer.wrap(value.bytes()).getLong();
    if (known != UNKNOWN && known != counter) {
      owner.check();
      throw broken(name + ": its value is " + known + ", the counter " + counter);
    }
  }

  private static WeftException broken(String what) {
    return new WeftException(WorkloadErrors.LOCK_BROKEN, "lock " + what);
  }

  private void giveBack(LockName name, boolean changing, WeftException reason) {
    try {
      if (changing) {
        owner.release(name, bytes(UNKNOWN));
      } else {
        owner.release(name);
      }
    } catch (WeftException e) { // released before the error, or the node is not a member any more
      reason.addSuppressed(e);
    }
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  /** The sum of all counters. */
  static long sum(BlockCache cache) {
    long[] sum = new long[1];
    Reading reading = cache.newReading();
    for (int i = 0; i < COUNTERS; i++) {
      int counter = i;
      new Patience().repeat(() -> sum[0] += read(reading, counter), () -> {});
    }
    return sum[0];
  }

  private static long read(Reading reading, int counter) {
    try (reading) {
      return ValueBlock.value(reading.shared(FILE, ChaosSettings.number(counter)).content());
    }
  }
}
