// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.LockHistory;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A user of global locks at one node, as a state machine: takes a lock or two, converts, writes
 * values, releases, and starts over. Tells {@link LockHistory} what it gets.
 */
final class LockUser {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Set<ErrorCode> EXPECTED =
      Set.of(
          LockErrors.LOCK_TIMEOUT,
          LockErrors.DEADLOCK,
          CoreErrors.NODE_LEASE_OVER,
          CoreErrors.NODE_CLOSED,
          CoreErrors.NODE_STOPPED,
          CoreErrors.BACK_PRESSURED);

  private final long id;
  private final SimNode home;
  private final SimProcess process;
  private final Simulation simulation;
  private final SplittableRandom random;
  private final LockWorkload workload;
  private final LockHistory history;
  private final Progress progress;
  private final LockOwner owner;
  private final List<LockName> held = new ArrayList<>();
  private boolean resting = true;
  private long waitingSince;
  private boolean waits;

  LockUser(
      long id,
      SimNode home,
      Simulation simulation,
      LockWorkload workload,
      LockHistory history,
      Progress progress) {
    this.id = id;
    this.home = home;
    this.process = home.process();
    this.simulation = simulation;
    this.random = simulation.random();
    this.workload = workload;
    this.history = history;
    this.progress = progress;
    this.owner = home.cache().locks().newOwner("user " + id);
  }

  boolean isIdle() {
    return resting;
  }

  boolean isOverdue(long now, long limitNs) {
    return waits && now - waitingSince > limitNs;
  }

  /** Starts the next use after a pause, unless the cluster has enough. */
  void rest() {
    resting = true;
    if (progress.wantsMore() && !home.isLeaving()) {
      later(workload.think(), this::begin);
    }
  }

  private void later(Delay delay, Runnable step) {
    simulation.schedule(
        delay.sample(random), process, () -> simulation.asThread(() -> guarded(step)));
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (WeftException e) {
      failed(e);
    } catch (RuntimeException e) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, this + " met " + e, e));
    }
  }

  private void failed(WeftException e) {
    if (!EXPECTED.contains(e.code())) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, this + " met " + e, e));
    }
    releaseAll();
  }

  // ---- a use ---------------------------------------------------------------------------------

  private void begin() {
    if (!resting || !progress.wantsMore() || home.isLeaving()) {
      return;
    }
    resting = false;
    take(random.nextInt(workload.locks()));
  }

  private static LockName name(int lock) {
    return LockWorkload.name(lock);
  }

  private LockMode anyMode() {
    return workload.modes().get(random.nextInt(workload.modes().size()));
  }

  private void take(int lock) {
    LockName name = name(lock);
    LockMode mode = anyMode();
    if (simulation.chance(workload.tries())) {
      tryTo(lock, name, mode);
      return;
    }
    expect(owner.acquireAsync(name, mode, patience()), _ -> took(lock, name, mode));
  }

  private Duration patience() {
    return simulation.chance(workload.hurry())
        ? Duration.ofNanos(1 + random.nextInt(300_000))
        : LONG;
  }

  private void tryTo(int lock, LockName name, LockMode mode) {
    expect(
        owner.tryAcquireAsync(name, mode),
        granted -> {
          if (granted) {
            took(lock, name, mode);
          } else {
            later(Delay.NONE, this::releaseAll);
          }
        });
  }

  private void took(int lock, LockName name, LockMode mode) {
    held.add(name);
    history.granted(name, process, id, mode, owner.value(name));
    progress.operationDone();
    later(workload.hold(), () -> goOn(lock));
  }

  private void goOn(int lock) {
    LockName name = name(lock);
    if (simulation.chance(workload.convert())) {
      convert(name, () -> later(workload.hold(), () -> end(lock)));
    } else {
      end(lock);
    }
  }

  private void convert(LockName name, Runnable then) {
    LockMode from = owner.mode(name);
    LockMode to = anyMode();
    if (from.covers(to)) {
      if (from.mayWriteValue() && simulation.chance(workload.write())) {
        byte[] value = history.newValue();
        history.writes(name, process, value);
        history.lowered(name, process, id, to);
        owner.convertDown(name, to, value);
      } else {
        history.lowered(name, process, id, to);
        owner.convert(name, to);
      }
      then.run();
    } else if (to.covers(from)) {
      expect(
          owner.convertAsync(name, to, patience()),
          _ -> {
            history.granted(name, process, id, to, owner.value(name));
            then.run();
          });
    } else {
      then.run(); // between CW and PR
    }
  }

  private void end(int lock) {
    if (held.size() == 1 && simulation.chance(workload.second())) {
      int second =
          simulation.chance(workload.anyOrder())
              ? random.nextInt(workload.locks())
              : lock + 1 + random.nextInt(3);
      if (second < workload.locks() && second != lock) {
        take(second);
        return;
      }
    }
    releaseAll();
  }

  private void releaseAll() {
    waits = false;
    for (LockName name : List.copyOf(held)) {
      release(name);
    }
    held.clear();
    rest();
  }

  private void release(LockName name) {
    try {
      boolean writes = mayWriteValue(name) && simulation.chance(workload.write());
      history.released(name, process, id);
      if (writes) {
        byte[] value = history.newValue();
        history.writes(name, process, value);
        owner.release(name, value);
      } else {
        owner.release(name);
      }
    } catch (WeftException e) {
      history.released(name, process, id);
      if (!EXPECTED.contains(e.code())) {
        throw e;
      }
    }
  }

  /** False also if the membership lease is over: the lock is released all the same. */
  private boolean mayWriteValue(LockName name) {
    try {
      return owner.mode(name).mayWriteValue();
    } catch (WeftException e) {
      if (e.code() == CoreErrors.NODE_LEASE_OVER) {
        return false;
      }
      throw e;
    }
  }

  /** Goes on when the call is answered, inside its completion or later. */
  private <T> void expect(CompletionStage<T> call, Consumer<T> then) {
    waits = true;
    waitingSince = simulation.now();
    call.whenComplete(
        (result, thrown) -> {
          waits = false;
          if (process.isDead()) {
            return;
          }
          if (thrown == null) {
            guarded(() -> then.accept(result));
          } else if (thrown instanceof WeftException e) {
            later(Delay.NONE, () -> failed(e));
          } else {
            simulation.violate(new Violation(Invariant.NODE_RUNS, this + " met " + thrown, thrown));
          }
        });
  }

  @Override
  public String toString() {
    return process + " lock user " + id + (waits ? " waiting since " + waitingSince : "");
  }
}
