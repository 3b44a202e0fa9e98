// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * The conditions on a simulated network, which all its links share: how it behaves, and which
 * directions are cut. A cut swallows nothing: what meets it waits until it is mended.
 */
final class NetworkConditions {
  private final Simulation simulation;
  private final NetworkConduct conduct;
  private final boolean[][] cut;

  /** By sender and receiver: what waits at the cut between them. */
  private final List<List<List<Stalled>>> stalled = new ArrayList<>();

  private boolean healed;
  private boolean handlesOldEpochs;

  /** Something that waits at a cut, to happen to a process. */
  private record Stalled(SimProcess process, Runnable action) {}

  /** Nothing is cut. */
  NetworkConditions(Simulation simulation, NetworkConduct conduct, int nodes) {
    this.simulation = simulation;
    this.conduct = conduct;
    this.cut = new boolean[nodes][nodes];
    for (int from = 0; from < nodes; from++) {
      List<List<Stalled>> row = new ArrayList<>();
      for (int to = 0; to < nodes; to++) {
        row.add(new ArrayList<>());
      }
      stalled.add(row);
    }
  }

  NetworkConduct conduct() {
    return conduct;
  }

  boolean isCut(int from, int to) {
    return cut[from][to];
  }

  /** From here on nothing gets from one node to another; whether that is news. */
  boolean cut(int from, int to) {
    if (from == to || cut[from][to] || healed) {
      return false;
    }
    simulation.record(Trace.What.CUT, from, to, 0);
    cut[from][to] = true;
    return true;
  }

  /** Lets something that meets a cut happen when it is mended. */
  void stall(int from, int to, SimProcess process, Runnable action) {
    stalled.get(from).get(to).add(new Stalled(process, action));
  }

  /** What was cut off gets through again. */
  void mend(int from, int to) {
    if (!cut[from][to]) {
      return;
    }
    simulation.record(Trace.What.MENDED, from, to, 0);
    cut[from][to] = false;
    List<Stalled> late = stalled.get(from).get(to);
    for (Stalled one : late) {
      simulation.scheduleInOrder(0, one.process, one.action);
    }
    late.clear();
  }

  /** Mends all cuts, and allows no more; connections last from here on. */
  void heal() {
    healed = true;
    for (int from = 0; from < cut.length; from++) {
      for (int to = 0; to < cut.length; to++) {
        mend(from, to);
      }
    }
  }

  /** Whether connections break by themselves. */
  boolean breaksConnections() {
    return conduct.connected() != Delay.NONE && !healed;
  }

  /** Breaks rule R1, for the drill: hands messages over whatever their epoch. */
  void handleOldEpochs() {
    handlesOldEpochs = true;
  }

  boolean handlesOldEpochs() {
    return handlesOldEpochs;
  }
}
