// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.RegistryCalls;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimPlace;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.redo.LogId;
import java.util.function.BooleanSupplier;

/**
 * The storage that the nodes of a cluster share: blocks, logs and the registry. A node whose
 * operator has made a {@link Mistake} finds an empty directory instead of some of them.
 */
public final class SimStorage {
  /** Hears what happens to the storage. */
  public interface Owner {
    /** Nothing is added to a log any more. */
    void onSealed(LogId log);

    /** A log has been deleted. */
    void onDeleted(LogId log);

    /** The registry has accepted a record. */
    void onAccepted();

    /** Lets the next event of the cluster happen, while a call of the registry is under way. */
    void oneEvent();
  }

  private final Simulation simulation;
  private final SimOptions options;
  private final RecoveryRules rules;
  private final Owner owner;
  private final SimDisk disk;
  private final SimLogDevice logs;
  private final SimRegistry registry;

  /**
   * Makes an empty storage.
   *
   * @param recovering whether a recovery is under way
   */
  public SimStorage(
      Simulation simulation,
      SimOptions options,
      RecoveryRules rules,
      History history,
      BooleanSupplier recovering,
      Owner owner) {
    this.simulation = simulation;
    this.options = options;
    this.rules = rules;
    this.owner = owner;
    this.disk = new SimDisk(simulation, history, options.disk(), recovering);
    this.logs = emptyLogs();
    Faults faults = options.faults();
    this.registry = registry(faults.registryFailsPerMille(), faults.registryTakes());
    if (!rules.fences()) {
      disk.ignoreFences();
    }
    if (!rules.missesLogs()) {
      logs.takeVanishedForDeleted();
    }
  }

  private SimLogDevice emptyLogs() {
    return new SimLogDevice(simulation, owner::onSealed, owner::onDeleted);
  }

  private SimRegistry registry(int failsPerMille, Delay takes) {
    RegistryCalls calls = new RegistryCalls(simulation, options.seed(), takes, owner::oneEvent);
    return new SimRegistry(
        simulation,
        failsPerMille,
        options.faults().leaseNs(),
        rules.remembersNumbers(),
        calls,
        owner::onAccepted);
  }

  public SimDisk disk() {
    return disk;
  }

  public SimLogDevice logs() {
    return logs;
  }

  public SimRegistry registry() {
    return registry;
  }

  /** The logs, or an empty directory. */
  SimLogDevice logsFor(Mistake mistake) {
    return mistake.hasAway(SimPlace.Part.LOGS) ? emptyLogs() : logs;
  }

  /** The registry, or an empty directory. */
  SimRegistry registryFor(Mistake mistake) {
    return mistake.hasAway(SimPlace.Part.REGISTRY) ? registry(0, Delay.NONE) : registry;
  }

  /** The storage is full, or it is not any more. */
  public void fillUp(boolean full) {
    disk.fillUp(full);
    logs.fillUp(full);
    registry.fillUp(full);
    simulation.record(Trace.What.STORAGE_FULL, simulation.world(), full ? 1 : 0, 0);
  }
}
