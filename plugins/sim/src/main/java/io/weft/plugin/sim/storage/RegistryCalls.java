// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Crash;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Lets calls of the registry take virtual time. A call is made on a blocking task of its node, a
 * step of the simulation: inside it other events of the cluster happen, at this node and elsewhere,
 * until the call has its effect, and again until it returns. A node that is paused gets its answer
 * when it goes on, one that dies gets none.
 */
public final class RegistryCalls {
  /*
   * There is one thread, so a call that begins during another one has to return before it: an
   * answer may be later than planned. The effects have an event of their own each, and come in any
   * order.
   */

  /** Calls at a time, each inside the one before; further ones take no time. */
  private static final int MOST_AT_ONCE = 4;

  private final Simulation simulation;
  private final Delay takes;
  private final Runnable oneEvent;
  private final SplittableRandom random;
  private final List<Call<?>> underWay = new ArrayList<>();
  private final Map<SimProcess, Long> slowUntilNs = new HashMap<>();
  private boolean healed;
  private int made;
  private int overtaken;
  private int cutShort;

  /**
   * Calls to one registry.
   *
   * @param takes how long it takes until the effect, and until the answer
   * @param oneEvent lets the next event happen
   */
  public RegistryCalls(Simulation simulation, long seed, Delay takes, Runnable oneEvent) {
    this.simulation = simulation;
    this.takes = takes;
    this.oneEvent = oneEvent;
    this.random = new SplittableRandom(seed * 0xD6E8FEB86659FD93L + 1);
  }

  /** Lets no call take time that begins from here on. */
  void heal() {
    healed = true;
  }

  /** Calls during which other events could happen. */
  public int made() {
    return made;
  }

  /** Calls that returned after the registry had accepted another record than they knew of. */
  public int overtaken() {
    return overtaken;
  }

  /** Calls that never returned, because their node died meanwhile. */
  public int cutShort() {
    return cutShort;
  }

  /** A record has been accepted: what is under way and has had its effect does not know of it. */
  void onAccepted() {
    for (Call<?> call : underWay) {
      call.isOvertaken |= call.hasEffect;
    }
  }

  /**
   * Whether a call of this process has taken so long, until a time not longer ago than this.
   *
   * @param slowNs how long is too long
   */
  boolean wasSlow(SimProcess process, long slowNs, long agoNs) {
    long now = simulation.now();
    return slowUntilNs.getOrDefault(process, Long.MIN_VALUE / 2) >= now - agoNs
        || underWay.stream()
            .anyMatch(call -> call.process == process && now - call.beganNs >= slowNs);
  }

  /**
   * Makes a call.
   *
   * @param slowNs how long is too long, for {@link #wasSlow}
   * @param what is asked, for people
   * @param effect what the registry does; the call returns what it returns, or throws what it
   *     throws
   */
  <T> T make(SimProcess process, long slowNs, String what, Supplier<T> effect) {
    if (healed || takes == Delay.NONE || underWay.size() == MOST_AT_ONCE) {
      return effect.get();
    }
    Call<T> call = new Call<>(process, what, effect);
    made++;
    underWay.add(call);
    try {
      call.begin();
      while (!call.isAnswered && !call.process.isDead()) {
        oneEvent.run();
      }
    } catch (Violation violation) {
      simulation.violate(violation); // ends the run after the present step
      throw new Crash(call.process);
    } finally {
      underWay.remove(call);
      simulation.loud();
    }
    if (call.process.isDead()) {
      cutShort++;
      throw new Crash(call.process);
    }
    overtaken += call.isOvertaken ? 1 : 0;
    if (simulation.now() - call.beganNs >= slowNs) {
      slowUntilNs.put(call.process, simulation.now());
    }
    return call.answer();
  }

  private final class Call<T> {
    private final SimProcess process;
    private final String what;
    private final Supplier<T> effect;
    private final long beganNs = simulation.now();
    private Optional<T> result = Optional.empty();
    private Optional<WeftException> failure = Optional.empty();
    private boolean hasEffect;
    private boolean isOvertaken;
    private boolean isAnswered;

    Call(SimProcess process, String what, Supplier<T> effect) {
      this.process = process;
      this.what = what;
      this.effect = effect;
    }

    /** What is on its way reaches the registry although its process stands still, or it waits. */
    void begin() {
      simulation.record(Trace.What.REGISTRY, process, 0, 0, what);
      SimProcess where = random.nextBoolean() ? process : simulation.world();
      simulation.schedule(takes.sample(random), where, this::takeEffect);
    }

    private void takeEffect() {
      simulation.quiet(); // the engine is told when it gets its answer
      if (process.isDead()) {
        return;
      }
      try {
        result = Optional.of(effect.get());
      } catch (WeftException e) {
        failure = Optional.of(e);
      }
      hasEffect = true;
      simulation.record(Trace.What.REGISTRY, process, 1, 0, what);
      simulation.schedule(takes.sample(random), process, () -> isAnswered = true);
    }

    T answer() {
      simulation.record(Trace.What.REGISTRY, process, 2, 0, what);
      if (failure.isPresent()) {
        throw failure.get();
      }
      return result.orElseThrow();
    }
  }
}
