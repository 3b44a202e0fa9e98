// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.history;

import io.weft.api.NodeSet;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Who holds leases, as the actors see it: single writer, multiple readers (API-1), whatever the
 * engine thinks of it. A node that is not entitled to anything any more does not count.
 */
public final class Holders {
  private final Simulation simulation;
  private final Blocks blocks;
  private final IntPredicate entitled;

  /** By block and node. */
  private final int[][] readers;

  /** By block. */
  private final NodeSet[] writers;

  public Holders(Simulation simulation, Blocks blocks, int nodes, IntPredicate entitled) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.entitled = entitled;
    this.readers = new int[blocks.count()][nodes];
    this.writers = new NodeSet[blocks.count()];
    Arrays.fill(writers, NodeSet.NONE);
  }

  public void enter(int block, SimProcess process, boolean exclusive) {
    NodeSet reading = NodeSet.NONE;
    NodeSet writing = NodeSet.NONE;
    for (int node = 0; node < readers[block].length; node++) {
      if (entitled.test(node)) {
        reading = readers[block][node] > 0 ? reading.with(node) : reading;
        writing = writers[block].contains(node) ? writing.with(node) : writing;
      }
    }
    boolean conflicts = !writing.isEmpty() || exclusive && !reading.isEmpty();
    if (conflicts && entitled.test(process.node())) {
      simulation.violate(
          Invariant.SWMR,
          process
              + " gets "
              + blocks.name(block)
              + (exclusive ? " exclusively" : " shared")
              + " while readers at "
              + reading
              + " and writers at "
              + writing
              + " have it");
    }
    if (exclusive) {
      writers[block] = writers[block].with(process.node());
    } else {
      readers[block][process.node()]++;
    }
  }

  public void leave(int block, SimProcess process, boolean exclusive) {
    if (exclusive) {
      writers[block] = writers[block].without(process.node());
    } else {
      readers[block][process.node()]--;
    }
  }

  /** The process has ended, and its users with it. */
  public void died(SimProcess process) {
    for (int block = 0; block < writers.length; block++) {
      readers[block][process.node()] = 0;
      writers[block] = writers[block].without(process.node());
    }
  }

  public int leases() {
    int leases = 0;
    for (int block = 0; block < readers.length; block++) {
      leases += writers[block].size();
      for (int count : readers[block]) {
        leases += count;
      }
    }
    return leases;
  }
}
