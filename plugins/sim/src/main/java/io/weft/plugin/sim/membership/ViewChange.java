// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Overrides;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One view of the scripted membership: takes its members from one step to the next, each at its own
 * time, until the view is complete and the redo of the nodes outside has gone.
 */
final class ViewChange {
  /** The membership. */
  interface Owner {
    /** Whether there is a newer view. */
    boolean isOver(ViewChange change);

    /** A node has installed the view. */
    void installed(SimNode node);

    /** A node cannot go on. */
    void failed(SimNode node, WeftException reason);

    /** A member has done a step, or the whole view if there is none. */
    void onStep(ViewStep step, long epoch, Optional<SimNode> node);
  }

  /**
   * The nodes of a view.
   *
   * @param overrides buckets that have been moved
   * @param in its members
   * @param out nodes that have been members, or have tried to become members, and are not
   */
  record Sides(View view, Overrides overrides, List<SimNode> in, List<SimNode> out) {}

  /** Between two looks whether a view has quarantined blocks still. */
  private static final long LOOK_AGAIN_NS = 1_000_000_000;

  private final Owner owner;
  private final Simulation simulation;
  private final RecoveryRules rules;
  private final Delay pause;
  private final ScriptedLeases leases;
  private final RedoPool pool;
  private final View view;
  private final Overrides overrides;
  private final List<SimNode> in;
  private final List<SimNode> out;
  private final Set<SimNode> installed = new LinkedHashSet<>();
  private final Set<SimNode> recovered = new LinkedHashSet<>();
  private final Set<SimNode> written = new LinkedHashSet<>();
  private List<NodeLog> dead = List.of();
  private boolean fenced;
  private boolean complete;
  private boolean closed;

  /**
   * A view that has been agreed on.
   *
   * @param pause from one step of a member to the next
   * @param pool the logs of nodes outside this view and former ones
   */
  ViewChange(
      Owner owner,
      Simulation simulation,
      RecoveryRules rules,
      Delay pause,
      ScriptedLeases leases,
      RedoPool pool,
      Sides sides) {
    this.owner = owner;
    this.simulation = simulation;
    this.rules = rules;
    this.pause = pause;
    this.leases = leases;
    this.pool = pool;
    this.view = sides.view();
    this.overrides = sides.overrides();
    this.in = sides.in();
    this.out = sides.out();
  }

  /** Whether all members serve. */
  boolean isComplete() {
    return complete;
  }

  /** Whether it is complete, and the redo of the nodes outside has gone. */
  boolean isClosed() {
    return closed;
  }

  /** The nodes outside. */
  List<SimNode> out() {
    return out;
  }

  /** Whether the process of a member has ended. */
  boolean isStale() {
    return in.stream().anyMatch(node -> node.process().isDead());
  }

  private boolean isOver() {
    return owner.isOver(this);
  }

  private void at(SimNode node, Runnable step) {
    simulation.schedule(
        pause,
        node.process(),
        () -> {
          if (isOver() || node.process().isStopped()) {
            return;
          }
          try {
            step.run();
          } catch (WeftException e) {
            owner.failed(node, e);
          }
        });
  }

  private void done(ViewStep step, SimNode node) {
    simulation.record(Trace.What.VIEW, node.process(), view.epoch().value(), 0, step);
    owner.onStep(step, view.epoch().value(), Optional.of(node));
  }

  void start() {
    for (SimNode node : in) {
      at(node, () -> install(node));
    }
    at(proposer(), this::fence);
  }

  private SimNode proposer() {
    return in.get(simulation.random().nextInt(in.size()));
  }

  private void install(SimNode node) {
    node.process().views().install(view);
    leases.grant(node);
    node.openLog();
    for (SimNode other : out) {
      if (other.id() != node.id()) {
        node.transport().evict(other.id(), other.process().incarnation());
      }
    }
    BucketMap map = node.directory().mapOf(view, overrides);
    node.directory().install(map);
    node.transport()
        .viewInstalled(
            () -> {
              if (node.process().isStopped()) {
                return;
              }
              if (isOver() && node.process().views().epoch() != view.epoch().value()) {
                return; // the next view is installed already
              }
              node.masters(map);
              node.cache()
                  .install(view, map)
                  .whenComplete((nothing, error) -> at(node, () -> installed(node, error)));
            });
  }

  private void installed(SimNode node, Throwable error) {
    if (error != null) {
      return; // the node is about to stop, or the view to change
    }
    owner.installed(node);
    done(ViewStep.INSTALLED, node);
    installed.add(node);
    if (fenced || !rules.waitsForFence()) {
      at(node, () -> redo(node));
    }
  }

  /** Waits until all nodes outside have stopped, and shuts the storage to them. */
  private void fence() {
    SimNode proposer = proposer();
    boolean allStopped = out.stream().allMatch(leases::hasStopped);
    boolean shut = allStopped;
    if (allStopped) {
      for (SimNode node : out) {
        shut &= shut(proposer, node);
      }
    }
    if (!shut) {
      at(proposer(), this::fence);
      return;
    }
    dead = pool.kept();
    fenced = true;
    done(ViewStep.FENCED, proposer);
    if (rules.waitsForFence()) {
      for (SimNode node : installed) {
        at(node, () -> redo(node));
      }
    }
  }

  private boolean shut(SimNode proposer, SimNode node) {
    if (!pool.contains(node.log())) {
      try {
        if (rules.fences()) {
          proposer.store().fence(node.id(), node.process().incarnation());
        }
      } catch (WeftException e) {
        return false;
      }
      pool.add(node);
    }
    return true;
  }

  private void redo(SimNode node) {
    RecoveryRedo redo =
        node.deadRedo(
            rules.pool(dead, view.memberIds()),
            () -> rules.indexed(node.masters().orElseThrow(), node.id()));
    done(ViewStep.REDO, node);
    node.cache()
        .startRecovery(view.epoch().value(), redo)
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                at(node, () -> recovered(node));
              }
            });
  }

  private void recovered(SimNode node) {
    done(ViewStep.RECOVERED, node);
    recovered.add(node);
    if (recovered.size() == in.size()) {
      complete = true;
      simulation.record(
          Trace.What.VIEW, simulation.world(), view.epoch().value(), 0, ViewStep.COMPLETE);
      owner.onStep(ViewStep.COMPLETE, view.epoch().value(), Optional.empty());
      if (!rules.keepsRedoUntilWritten()) {
        close();
        return;
      }
      for (SimNode member : in) {
        at(member, () -> checkpoint(member));
      }
    }
  }

  private void checkpoint(SimNode node) {
    node.cache()
        .checkpoint()
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                at(node, () -> writtenUnlessQuarantined(node));
              }
            });
  }

  private void lookAgain(SimNode node) {
    simulation.schedule(
        LOOK_AGAIN_NS,
        simulation.world(),
        () -> {
          simulation.quiet();
          at(node, () -> writtenUnlessQuarantined(node));
        });
  }

  private void writtenUnlessQuarantined(SimNode node) {
    node.cache()
        .quarantined()
        .whenComplete(
            (blocks, error) -> {
              if (error == null && blocks.isEmpty()) {
                at(node, () -> written(node));
              } else if (error == null) {
                lookAgain(node);
              }
            });
  }

  private void written(SimNode node) {
    done(ViewStep.CHECKPOINTED, node);
    written.add(node);
    if (written.size() == in.size()) {
      close();
    }
  }

  private void close() {
    pool.delete(dead);
    closed = true;
    owner.onStep(ViewStep.CLOSED, view.epoch().value(), Optional.empty());
  }
}
