// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.history;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who holds which lock, and which value was written last, as the users see it, whatever the engine
 * thinks of it. A process that is not entitled to anything any more does not count.
 */
public final class LockHistory {
  private final Simulation simulation;
  private final Predicate<SimProcess> entitled;
  private final Map<LockName, Lock> locks = new HashMap<>();
  private long written;
  private long grants;
  private long valuesSeen;

  private record Holding(SimProcess process, long user, LockMode mode) {}

  private static final class Lock {
    final List<Holding> holdings = new ArrayList<>();

    /** Values of which one was written last; none if none was. */
    final Set<Long> newest = new HashSet<>();
  }

  /**
   * Nobody holds anything.
   *
   * @param entitled whether what a process holds counts
   */
  public LockHistory(Simulation simulation, Predicate<SimProcess> entitled) {
    this.simulation = simulation;
    this.entitled = entitled;
  }

  private Lock lock(LockName name) {
    return locks.computeIfAbsent(name, _ -> new Lock());
  }

  /** A user has been granted a lock, or a conversion. */
  public void granted(
      LockName name, SimProcess process, long user, LockMode mode, LockValue value) {
    Lock lock = lock(name);
    grants++;
    lock.holdings.removeIf(each -> each.process == process && each.user == user);
    if (entitled.test(process)) {
      for (Holding other : lock.holdings) {
        if (entitled.test(other.process) && !other.mode.isCompatibleWith(mode)) {
          simulation.violate(
              Invariant.LOCKS_EXCLUDE,
              process + " user " + user + " gets " + name + " in " + mode + " beside " + other);
        }
      }
      if (mode.seesValue()) {
        sees(name, lock, process, value);
      }
    }
    lock.holdings.add(new Holding(process, user, mode));
  }

  private void sees(LockName name, Lock lock, SimProcess process, LockValue value) {
    if (!value.isValid()) {
      return;
    }
    long id = ByteBuffer.wrap(value.bytes()).getLong();
    if (!lock.newest.contains(id)) {
      simulation.violate(
          Invariant.LOCK_VALUE,
          process + " sees value " + id + " of " + name + ", but the newest is " + lock.newest);
    }
    valuesSeen++;
    lock.newest.clear();
    lock.newest.add(id);
  }

  /** A new value, unlike all others. */
  public byte[] newValue() {
    return ByteBuffer.allocate(Long.BYTES).putLong(++written).array();
  }

  /** A user writes a value, with its release or a conversion. */
  public void writes(LockName name, SimProcess process, byte[] value) {
    Lock lock = lock(name);
    if (entitled.test(process)) {
      lock.newest.clear(); // otherwise it may count or not
    }
    lock.newest.add(ByteBuffer.wrap(value).getLong());
  }

  /** A user converts down. */
  public void lowered(LockName name, SimProcess process, long user, LockMode mode) {
    released(name, process, user);
    lock(name).holdings.add(new Holding(process, user, mode));
  }

  /** A user releases. */
  public void released(LockName name, SimProcess process, long user) {
    lock(name).holdings.removeIf(each -> each.process == process && each.user == user);
  }

  /** A process has ended, and its users with it. */
  public void died(SimProcess process) {
    locks.values().forEach(lock -> lock.holdings.removeIf(each -> each.process == process));
  }

  /** Number of grants to users. */
  public long grants() {
    return grants;
  }

  /** Number of valid values that users saw. */
  public long valuesSeen() {
    return valuesSeen;
  }
}
