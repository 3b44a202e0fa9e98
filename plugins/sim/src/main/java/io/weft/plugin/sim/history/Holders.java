// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.history;

import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
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

  /** By block: bitmap of nodes. */
  private final long[] writers;

  public Holders(Simulation simulation, Blocks blocks, int nodes, IntPredicate entitled) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.entitled = entitled;
    this.readers = new int[blocks.count()][nodes];
    this.writers = new long[blocks.count()];
  }

  public void enter(int block, SimProcess process, boolean exclusive) {
    long reading = 0;
    long writing = 0;
    for (int node = 0; node < readers[block].length; node++) {
      if (entitled.test(node)) {
        reading |= readers[block][node] > 0 ? 1L << node : 0;
        writing |= writers[block] & 1L << node;
      }
    }
    if (entitled.test(process.node()) && (writing != 0 || exclusive && reading != 0)) {
      simulation.violate(
          Invariant.SWMR,
          process
              + " gets "
              + blocks.name(block)
              + (exclusive ? " exclusively" : " shared")
              + " while readers at "
              + Long.toBinaryString(reading)
              + " and writers at "
              + Long.toBinaryString(writing)
              + " (bitmaps) have it");
    }
    if (exclusive) {
      writers[block] |= 1L << process.node();
    } else {
      readers[block][process.node()]++;
    }
  }

  public void leave(int block, SimProcess process, boolean exclusive) {
    if (exclusive) {
      writers[block] &= ~(1L << process.node());
    } else {
      readers[block][process.node()]--;
    }
  }

  /** The process has ended, and its users with it. */
  public void died(SimProcess process) {
    for (int block = 0; block < writers.length; block++) {
      readers[block][process.node()] = 0;
      writers[block] &= ~(1L << process.node());
    }
  }

  public int leases() {
    int leases = 0;
    for (int block = 0; block < readers.length; block++) {
      leases += Long.bitCount(writers[block]);
      for (int count : readers[block]) {
        leases += count;
      }
    }
    return leases;
  }
}
