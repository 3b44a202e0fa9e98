// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.store.StoreErrors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The writes that are under way to a simulated disk, and the fences that stand against them. A
 * write takes effect some time after it was handed over, whatever its writer does meanwhile. When
 * its writer dies, it lands later, is lost or is torn.
 */
final class DiskWrites {
  /** How long a dead writer's write may hang about. */
  private static final long LATEST_NS = 30_000_000;

  private final Simulation simulation;
  private final DiskMedium medium;
  private final DiskChecks checks;
  private final Delay delay;

  /** By node: the newest incarnation that is fenced off. */
  private final Map<Integer, Long> fenced = new HashMap<>();

  private final List<DiskWrite> underWay = new ArrayList<>();
  private boolean ignoresFences;
  private long refused;

  /**
   * Nothing is under way yet.
   *
   * @param delay from the call until a write takes effect
   */
  DiskWrites(Simulation simulation, DiskMedium medium, DiskChecks checks, Delay delay) {
    this.simulation = simulation;
    this.medium = medium;
    this.checks = checks;
    this.delay = delay;
  }

  /** A write takes effect and is over before this returns. */
  void writeAtOnce(DiskWrite write) {
    underWay.add(write);
    land(write);
    complete(write);
  }

  /** A write takes effect later. */
  void writeLater(DiskWrite write) {
    underWay.add(write);
    landLater(write, delay.sample(simulation.random()));
  }

  /** A write has no effect: its writer is fenced off, and hears of it later. */
  void refuse(DiskWrite write) {
    refused++;
    write.refused = true;
    simulation.record(Trace.What.REFUSED, write.process, write.block, write.version);
    simulation.schedule(delay, write.process, () -> complete(write));
  }

  /** How many writes were refused because of a fence. */
  long refused() {
    return refused;
  }

  // ---- fences

  /** What the process has under way lands before the fence is up, or never. */
  void fence(int node, long incarnation) {
    for (DiskWrite write : List.copyOf(underWay)) {
      if (write.process.node() == node
          && write.process.incarnation() <= incarnation
          && !ignoresFences
          && simulation.random().nextBoolean()) {
        write.notBefore = 0;
        finish(write);
      }
    }
    fenced.merge(node, incarnation, Math::max);
  }

  /** Whether nothing that this process writes takes effect any more. */
  boolean isFenced(SimProcess process) {
    return !ignoresFences && process.incarnation() <= fenced.getOrDefault(process.node(), 0L);
  }

  /** Breaks rule R12, for the drill: a fence refuses nothing. */
  void ignoreFences() {
    ignoresFences = true;
  }

  // ---- the end of a writer

  /** {@code process} has ended: its writes under way land later, get lost or tear. */
  void died(SimProcess process) {
    for (DiskWrite write : List.copyOf(underWay)) {
      if (write.process == process) {
        int fate = simulation.random().nextInt(3);
        if (fate == 0) {
          underWay.remove(write);
        } else if (fate == 1) {
          underWay.remove(write);
          tear(write);
        } else {
          write.notBefore = simulation.now() + simulation.random().nextLong(LATEST_NS);
        }
      }
    }
  }

  /** The power of a host fails: its writes under way are lost or torn. */
  void losePower(int host) {
    for (DiskWrite write : List.copyOf(underWay)) {
      if (write.process.node() == host) {
        underWay.remove(write);
        if (simulation.random().nextInt(3) == 0) {
          tear(write);
        }
      }
    }
  }

  private void tear(DiskWrite write) {
    if (isFenced(write.process)) {
      return;
    }
    checks.monotonic(write, medium.seen(write.block));
    medium.tear(write.process, write.block, write.version, write.bytes());
  }

  // ---- its effect

  private void land(DiskWrite write) {
    if (!underWay.remove(write)) {
      return; // lost, torn or refused before
    }
    if (isFenced(write.process)) {
      refuse(write);
      return;
    }
    simulation.record(Trace.What.WRITE_DONE, write.process, write.block, write.version);
    checks.unchanged(write);
    checks.monotonic(write, medium.seen(write.block));
    medium.land(write.process, write.block, write.version, write.bytes());
  }

  private void finish(DiskWrite write) {
    if (simulation.now() < write.notBefore) {
      landLater(write, write.notBefore - simulation.now());
      return;
    }
    if (!underWay.contains(write)) {
      return; // a fence has brought its end forward
    }
    land(write);
    if (!write.refused) {
      simulation.schedule(0, write.process, () -> complete(write));
    }
  }

  private void landLater(DiskWrite write, long delayNs) {
    simulation.schedule(
        delayNs,
        simulation.world(),
        () -> {
          simulation.quiet();
          finish(write);
        });
  }

  private void complete(DiskWrite write) {
    simulation.ends(IoWatch.Io.BLOCK_WRITTEN, write.process);
    if (write.refused) {
      write.completion.onWriteFailed(
          new WeftException(StoreErrors.FENCED, write.process + " is outside the view"));
    } else {
      write.completion.onWritten();
    }
  }
}
