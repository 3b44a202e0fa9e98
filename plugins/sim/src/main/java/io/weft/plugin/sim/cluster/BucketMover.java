// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.directory.Buckets;

/** Moves buckets from one master to another, at random: each node those that it masters. */
public final class BucketMover {
  private final Simulation simulation;
  private final SimOptions options;
  private final Blocks blocks;
  private int made;

  public BucketMover(Simulation simulation, SimOptions options, Blocks blocks) {
    this.simulation = simulation;
    this.options = options;
    this.blocks = blocks;
  }

  /** How many moves have come to their end. */
  public int made() {
    return made;
  }

  /** A node has become a member for the first time. */
  public void begin(SimNode node) {
    if (options.moves() != Delay.NONE) {
      later(node);
    }
  }

  private void later(SimNode node) {
    simulation.schedule(
        options.moves(),
        node.process(),
        () -> {
          if (!node.process().isStopped()) {
            move(node);
            later(node);
          }
        });
  }

  /** Asks for a move, which the node refuses if it is not the bucket's master, for example. */
  private void move(SimNode node) {
    int block = simulation.random().nextInt(blocks.count());
    node.cache()
        .moveBucket(
            Buckets.of(blocks.file(block), blocks.number(block)),
            simulation.random().nextInt(options.nodes()))
        .whenComplete((nothing, error) -> made += error == null ? 1 : 0);
  }
}
