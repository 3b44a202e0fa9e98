// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.network.PayloadCheck;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Compares each image that a node sends to another one with the history. */
public final class ShipChecks implements PayloadCheck {
  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;

  public ShipChecks(Simulation simulation, History history) {
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
  }

  @Override
  public void onShip(SimProcess process, MemorySegment image, int checksum) {
    if (process.isStopped()) {
      simulation.violate(Invariant.CONTRACT, process + " ships after it has stopped");
    }
    if (!process.views().leaseHolds()) {
      return; // the node that gets it has another epoch
    }
    MemorySegment content =
        image.byteSize() == blocks.layout().physicalBytes()
            ? image.asSlice(BlockLayout.HEADER_BYTES)
            : image;
    long version = content.get(ValueLayout.JAVA_LONG, 0);
    int block = (int) content.get(ValueLayout.JAVA_LONG, Long.BYTES) - 1;
    if (block < 0 && version == 0) {
      return; // never written
    }
    if (block < 0 || block >= blocks.count() || version > history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE, process + " ships version " + version + " of block " + block);
    } else if (!history.isImage(block, version, simulation.checksum(content))) {
      simulation.violate(
          Invariant.DATA_VALUE,
          process
              + " ships version "
              + version
              + " with other content, of "
              + history.describe(block));
    } else if (version != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          process + " ships version " + version + " of " + history.describe(block));
    } else if (!history.isDurable(block, version)) {
      simulation.violate(Invariant.DURABLE_AT_SHIP, process + " ships " + history.describe(block));
    }
  }
}
