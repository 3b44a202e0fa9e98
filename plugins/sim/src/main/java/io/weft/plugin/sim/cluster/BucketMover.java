// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.LockName;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.directory.Buckets;
import java.util.List;

/** Moves buckets from one master to another, at random: each node those that it masters. */
public final class BucketMover {
  private final Simulation simulation;
  private final SimOptions options;
  private final Blocks blocks;
  private List<LockName> locks = List.of();
  private int made;

  public BucketMover(Simulation simulation, SimOptions options, Blocks blocks) {
    this.simulation = simulation;
    this.options = options;
    this.blocks = blocks;
  }

  /** Buckets of these locks move, too: every second move is of one of them. */
  public void moveLocks(List<LockName> names) {
    locks = List.copyOf(names);
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

  private int anyBucket() {
    if (!locks.isEmpty() && simulation.chance(500)) {
      return Buckets.ofHash(locks.get(simulation.random().nextInt(locks.size())).hash());
    }
    int block = simulation.random().nextInt(blocks.count());
    return Buckets.of(blocks.file(block), blocks.number(block));
  }

  /** Asks for a move, which the node refuses if it is not the bucket's master, for example. */
  private void move(SimNode node) {
    node.cache()
        .moveBucket(anyBucket(), simulation.random().nextInt(options.nodes()))
        .whenComplete((nothing, error) -> made += error == null ? 1 : 0);
  }
}
