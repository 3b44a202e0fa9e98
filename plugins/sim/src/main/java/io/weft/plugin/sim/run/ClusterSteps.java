// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Lets the events of a cluster happen one by one, and checks the cluster after each. */
public final class ClusterSteps {
  /** Longest that a call may take, in virtual time; ordinary delays are a thousand times less. */
  static final long LIVENESS_LIMIT_NS = 60_000_000_000L;

  private static final int STEPS_PER_LIVENESS_CHECK = 4_096;

  /**
   * Most steps without an operation done: nodes that talk for ever about nothing. Ordinary seeds
   * take less than a tenth for all of their operations.
   */
  private static final long MOST_STEPS = 2_000_000;

  /** The same for each pair of nodes: in a view change every node asks every other one. */
  private static final long MOST_STEPS_OF_A_PAIR = 40;

  private final Simulation simulation;
  private final Nodes nodes;
  private final Invariants invariants;
  private final Actors actors;
  private final Progress progress;
  private final FailureText text;
  private Optional<LockUsers> lockUsers = Optional.empty();

  public ClusterSteps(
      Simulation simulation,
      Nodes nodes,
      Invariants invariants,
      Actors actors,
      Progress progress,
      FailureText text) {
    this.simulation = simulation;
    this.nodes = nodes;
    this.invariants = invariants;
    this.actors = actors;
    this.progress = progress;
    this.text = text;
  }

  /** Watches the users of locks, too. */
  public void watch(LockUsers users) {
    lockUsers = Optional.of(users);
  }

  /** Lets things happen until a condition holds. */
  public void runUntil(BooleanSupplier condition) {
    long deadline = simulation.now() + 2 * LIVENESS_LIMIT_NS;
    while (!condition.getAsBoolean()) {
      if (simulation.now() > deadline) {
        throw notGranted("it does not come to rest");
      }
      step();
    }
  }

  /** Lets the next event happen. */
  public void step() {
    if (simulation.isIdle()) {
      throw notGranted("nothing is left to happen");
    }
    SimProcess process = simulation.step();
    if (!simulation.wasQuiet() && !process.isWorld() && !process.isDead()) {
      check(process);
    }
    progress.stepDone();
    if (progress.steps() % STEPS_PER_LIVENESS_CHECK == 0) {
      checkLiveness();
    }
  }

  /** Checks what a step at a node can have broken. */
  public void check(SimProcess process) {
    invariants.check(nodes.node(process.node()));
    simulation.check();
  }

  private void checkLiveness() {
    if (progress.stepsSinceOperation() > mostSteps()) {
      throw notGranted(
          "no operation is done in "
              + progress.stepsSinceOperation()
              + " steps, after "
              + progress.operations()
              + " operations");
    }
    actors
        .overdue(LIVENESS_LIMIT_NS)
        .ifPresent(
            actor -> {
              throw notGranted(actor.toString());
            });
    lockUsers
        .flatMap(users -> users.overdue(LIVENESS_LIMIT_NS))
        .ifPresent(
            user -> {
              throw notGranted(user.toString());
            });
  }

  private long mostSteps() {
    long count = nodes.present().size();
    return Math.max(MOST_STEPS, MOST_STEPS_OF_A_PAIR * count * count);
  }

  /** A user waits for what does not come. */
  Violation notGranted(String what) {
    return new Violation(Invariant.GRANTED, what + "\n" + text.state());
  }
}
