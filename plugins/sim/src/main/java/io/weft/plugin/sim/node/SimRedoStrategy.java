// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.BlockId;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.recovery.RedoStrategy;
import java.util.ArrayList;
import java.util.List;

/** Recovers blocks in any order, a few at a time; those with waiting callers come first. */
final class SimRedoStrategy implements RedoStrategy {
  private final Simulation simulation;
  private final SimProcess process;
  private final int atOnce;

  SimRedoStrategy(Simulation simulation, SimProcess process, int atOnce) {
    this.simulation = simulation;
    this.process = process;
    this.atOnce = atOnce;
  }

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public RedoRun start(RedoWork work) {
    Run run = new Run(work);
    run.startSome();
    return run;
  }

  private final class Run implements RedoRun {
    private final RedoWork work;
    private final List<BlockId> left;
    private int underWay;
    private boolean cancelled;

    Run(RedoWork work) {
      this.work = work;
      this.left = new ArrayList<>(work.blocks());
    }

    void startSome() {
      while (!cancelled && underWay < atOnce && !left.isEmpty()) {
        begin(left.remove(simulation.random().nextInt(left.size())));
      }
    }

    private void begin(BlockId block) {
      underWay++;
      work.recover(
          block,
          () ->
              simulation.schedule(
                  0,
                  process,
                  () -> {
                    underWay--;
                    startSome();
                  }));
    }

    @Override
    public void touched(BlockId block) {
      if (!cancelled && left.remove(block)) {
        begin(block);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }
}
