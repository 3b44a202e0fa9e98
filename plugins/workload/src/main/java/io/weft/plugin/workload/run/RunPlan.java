// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.fleet.NodeCommandLine;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The parameters of a run, independent of its work.
 *
 * @param fleet the configuration of the nodes
 * @param command the command line of a node's process
 * @param data a new or empty directory where blocks, configurations and logs are kept; empty: a
 *     temporary one, deleted at the end
 * @param cuttable whether the nodes get a network that can be cut, instead of the loopback address
 */
public record RunPlan(
    FleetPlan fleet, NodeCommandLine command, Optional<Path> data, boolean cuttable) {
  /** A plan with a network that cannot be cut. */
  public RunPlan(FleetPlan fleet, NodeCommandLine command, Optional<Path> data) {
    this(fleet, command, data, false);
  }

  /**
   * The same with additional requirements of the work.
   *
   * @param lines configuration of all nodes; existing lines come later and take precedence
   * @param cuts whether the network must be one that can be cut
   */
  public RunPlan needing(List<String> lines, boolean cuts) {
    return new RunPlan(fleet.including(lines), command, data, cuttable || cuts);
  }
}
