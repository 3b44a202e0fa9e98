// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.cachefusion.CacheFusion;
import io.weft.plugin.sim.membership.Driver;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import java.util.Optional;

/**
 * What a person needs who looks into a broken invariant: the state of the cluster, and the past.
 */
public final class FailureText {
  private static final int EVENTS_SHOWN = 500;

  private final Simulation simulation;
  private final SimOptions options;
  private final String ruleNames;
  private final Nodes nodes;
  private final Driver membership;
  private final Actors actors;
  private final Invariants invariants;
  private final Progress progress;

  /**
   * Describes this cluster.
   *
   * @param ruleNames what to add to the seed if the rules are not the standard ones
   */
  public FailureText(
      Simulation simulation,
      SimOptions options,
      String ruleNames,
      Nodes nodes,
      Driver membership,
      Actors actors,
      Invariants invariants,
      Progress progress) {
    this.simulation = simulation;
    this.options = options;
    this.ruleNames = ruleNames;
    this.nodes = nodes;
    this.membership = membership;
    this.actors = actors;
    this.invariants = invariants;
    this.progress = progress;
  }

  /** The present state of all nodes and blocks. */
  String state() {
    StringBuilder text = new StringBuilder();
    text.append("epoch ").append(membership.epoch()).append(": ").append(membership.members());
    text.append(membership.isComplete() ? ", complete\n" : ", not complete\n");
    nodes.present().stream().flatMap(Optional::stream).forEach(node -> append(text, node));
    return text.append(invariants.dump()).toString();
  }

  private void append(StringBuilder text, SimNode node) {
    SimProcess process = node.process();
    text.append(process).append(" epoch ").append(process.views().epoch());
    text.append(process.isDead() ? " dead" : "").append(process.isPaused() ? " paused" : "");
    text.append(process.isStopped() ? " stopped" : "");
    text.append(process.views().leaseHolds() ? "" : " without lease");
    text.append(' ').append(node.cache().recoveryCounts()).append('\n');
    if (!process.isDead()) {
      for (Actor actor : actors.of(node)) {
        text.append("  ").append(actor).append('\n');
      }
    }
  }

  /** A violation with how to repeat it, and with what has happened before. */
  public Violation explained(Violation violation) {
    String text =
        violation.getMessage()
            + "\n\nrepeat with "
            + options.property()
            + options.seed()
            + ruleNames
            + "\n"
            + options
            + "\nafter "
            + progress.operations()
            + " operations, "
            + progress.steps()
            + " steps; the last events:\n"
            + simulation.trace().last(EVENTS_SHOWN, FailureText::describe)
            + "\n"
            + violation.getMessage();
    return new Violation(violation, text);
  }

  private static String describe(Object detail) {
    return detail instanceof byte[] header ? CacheFusion.describe(header) : detail.toString();
  }
}
