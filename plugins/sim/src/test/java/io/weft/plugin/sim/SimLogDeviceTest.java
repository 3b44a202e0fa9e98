// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.tck.LogDeviceContract;
import io.weft.spi.redo.LogDevice;

/** The simulated device keeps what the engine relies on with a real one. */
final class SimLogDeviceTest extends LogDeviceContract {
  private final Simulation simulation = new Simulation(1, 8_192);
  private final SimLogDevice logs = new SimLogDevice(simulation, _ -> {}, _ -> {});
  private SimLogDevice.View last;

  @Override
  protected LogDevice device() {
    last = logs.of(SimProcess.of(0, 0, 1, simulation), () -> {});
    return last;
  }

  @Override
  protected boolean hasThreads() {
    return false;
  }

  @Override
  protected boolean losePower() {
    logs.losePower();
    return true;
  }

  @Override
  protected boolean breakForces() {
    last.failForce(true);
    return true;
  }

  @Override
  protected boolean fillUp() {
    logs.fillUp(true);
    return true;
  }

  @Override
  protected void makeSpace() {
    logs.fillUp(false);
  }
}
