// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.membership.Driver;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.Reachability;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.time.Simulation;

/** What the people do who run the cluster, when nothing else goes wrong any more. */
public final class Operator {
  /** Until what cannot be read has been mended: longer than recovery tries by itself. */
  private static final long MENDED_NS = 3_000_000_000L;

  private static final long ASK_AGAIN_NS = 1_000_000_000L;

  private final Simulation simulation;
  private final Blocks blocks;
  private final Nodes nodes;
  private final NodeLifecycle lifecycle;
  private final Driver membership;
  private final Reachability reachability;
  private final SimDisk disk;

  public Operator(
      Simulation simulation,
      Blocks blocks,
      Nodes nodes,
      NodeLifecycle lifecycle,
      Driver membership,
      Reachability reachability,
      SimDisk disk) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.nodes = nodes;
    this.lifecycle = lifecycle;
    this.membership = membership;
    this.reachability = reachability;
    this.disk = disk;
  }

  /** Notices all mistakes: nodes that were started with one end. */
  public void correctMistakes() {
    lifecycle.mistakes().clear();
    for (SimNode node : nodes.alive()) {
      if (!node.mistake().equals(Mistake.NONE)) {
        lifecycle.kill(node, false);
      }
    }
  }

  /** Mends what cannot be read, some time after everything else works again. */
  public void mendBlocks() {
    if (disk.hasBeenInDoubt()) {
      simulation.schedule(
          disk.failsReads() ? MENDED_NS : 0,
          simulation.world(),
          () -> {
            simulation.quiet();
            for (int block = 0; block < blocks.count(); block++) {
              disk.failReads(block, false);
            }
            askForQuarantined();
          });
    }
  }

  /** Asks for each block that is in quarantine, again and again: it is served at last. */
  private void askForQuarantined() {
    boolean some = false;
    for (SimNode node : nodes.alive()) {
      for (int block = 0; block < blocks.count(); block++) {
        BlockId id = new BlockId(blocks.file(block), blocks.number(block));
        if (node.cache().inspectDirectory(id).quarantined() && reachability.isWell(node)) {
          some = true;
          simulation.schedule(0, node.process(), () -> read(node, id));
        }
      }
    }
    if (some || !membership.isQuiet()) {
      simulation.schedule(
          ASK_AGAIN_NS,
          simulation.world(),
          () -> {
            simulation.quiet();
            askForQuarantined();
          });
    } else {
      disk.trustAll();
    }
  }

  /** Asks for a block, unless the node has begun to close: then another one is asked next time. */
  private void read(SimNode node, BlockId block) {
    Reading reading = node.cache().newReading(ReadConsistency.RELAXED);
    try {
      reading
          .sharedAsync(block.file(), block.number())
          .whenComplete((lease, error) -> simulation.schedule(0, node.process(), reading::close));
    } catch (WeftException e) {
      if (!e.code().equals(CoreErrors.NODE_CLOSED)) {
        throw e;
      }
    }
  }
}
