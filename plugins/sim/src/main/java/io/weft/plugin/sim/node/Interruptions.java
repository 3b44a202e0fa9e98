// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.plugin.sim.time.Crash;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Interrupts the threads of users at any step of their calls: other events of the cluster happen,
 * at this node and elsewhere, before the thread goes on. A thread that an event of the engine runs
 * is not interrupted, since its shard could not go on either.
 */
public final class Interruptions {
  /** Threads interrupted at a time, each inside the interruption of the one before. */
  private static final int MOST_AT_ONCE = 3;

  /** Events of one interruption, if its node is not paused meanwhile. */
  private static final int MOST_EVENTS = 200;

  /** Virtual time after which no other event happens, likewise. */
  private static final long MOST_NS = 30_000_000;

  /** Events after which a thread goes on although its node is paused. */
  private static final int MOST_EVENTS_PAUSED = 100_000;

  private final Simulation simulation;
  private final Consumer<SimProcess> check;
  private final Runnable oneEvent;
  private final SplittableRandom random;
  private final int perMille;
  private final int mostEvents;
  private int depth;
  private long count;

  /**
   * Decides by the seed how often threads are interrupted, and for how long.
   *
   * @param check looks at what the interrupted step has done so far at its node
   * @param oneEvent lets the next event happen
   */
  public Interruptions(
      long seed, Simulation simulation, Consumer<SimProcess> check, Runnable oneEvent) {
    this.simulation = simulation;
    this.check = check;
    this.oneEvent = oneEvent;
    this.random = new SplittableRandom(seed * 0xBF58476D1CE4E5B9L + 1);
    this.perMille = random.nextInt(3) * random.nextInt(100);
    this.mostEvents = 1 + random.nextInt(MOST_EVENTS);
  }

  /** A thread of a node has done a step. */
  void onStep(SimProcess process) {
    if (!simulation.isInterruptible()
        || depth == MOST_AT_ONCE
        || perMille == 0
        || random.nextInt(1000) >= perMille) {
      return;
    }
    depth++;
    count++;
    try {
      simulation.asEvent(() -> otherEvents(process));
    } catch (Violation violation) {
      simulation.violate(violation); // ends the run after the present step
    } finally {
      depth--;
      simulation.loud();
    }
    if (process.isDead()) {
      throw new Crash(process);
    }
  }

  private void otherEvents(SimProcess process) {
    check.accept(process);
    int most = 1 + random.nextInt(mostEvents);
    long end = simulation.now() + random.nextLong(MOST_NS);
    for (int events = 0; !simulation.isIdle() && !process.isDead(); events++) {
      boolean over = events >= most || simulation.now() > end;
      if (over && !process.isPaused() || events >= MOST_EVENTS_PAUSED) {
        return;
      }
      oneEvent.run();
    }
  }

  /** How often a thread has been interrupted. */
  public long count() {
    return count;
  }
}
