// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import java.util.Arrays;

/**
 * Who holds leases, as the actors see it: single writer, multiple readers (API-1), whatever the
 * engine thinks of it.
 */
final class Holders {
  private static final int NOBODY = -1;

  private final Simulation simulation;
  private final Blocks blocks;
  private final int[] readers;
  private final int[] writerNode;

  Holders(Simulation simulation, Blocks blocks) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.readers = new int[blocks.count()];
    this.writerNode = new int[blocks.count()];
    Arrays.fill(writerNode, NOBODY);
  }

  void enter(int block, int node, boolean exclusive) {
    if (writerNode[block] != NOBODY || exclusive && readers[block] > 0) {
      simulation.violate(
          Invariant.SWMR,
          "n"
              + node
              + " gets "
              + blocks.name(block)
              + (exclusive ? " exclusively" : " shared")
              + " while "
              + readers[block]
              + " readers and writer n"
              + writerNode[block]
              + " have it");
    }
    if (exclusive) {
      writerNode[block] = node;
    } else {
      readers[block]++;
    }
  }

  void leave(int block, boolean exclusive) {
    if (exclusive) {
      writerNode[block] = NOBODY;
    } else {
      readers[block]--;
    }
  }

  int leases() {
    int leases = 0;
    for (int block = 0; block < readers.length; block++) {
      leases += readers[block] + (writerNode[block] == NOBODY ? 0 : 1);
    }
    return leases;
  }
}
