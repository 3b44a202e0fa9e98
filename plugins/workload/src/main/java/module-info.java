// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The commands {@code weft demo}, {@code weft chaos} and {@code weft replay}, and the agent in the
 * process of a node that runs their work. {@link io.weft.plugin.workload.Workloads} is the entry
 * point.
 *
 * <p>A run is a process of its own, the <em>parent</em>, that starts nodes as child processes and
 * exchanges JSON lines with them over standard input and output. All work is done by the {@link
 * io.weft.plugin.workload.agent.Agent} in the children; an acknowledgement counts only after it has
 * been reported to the parent. The parent then proves the result from the blocks on disk.
 */
module io.weft.plugin.workload {
  requires com.fasterxml.jackson.databind;
  requires HdrHistogram;
  requires io.weft.plugin.faults;
  requires io.weft.plugin.linearizability;
  requires io.weft.spi;

  // The commands and what they plan.
  exports io.weft.plugin.workload to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.affinity to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.agent to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.chaos to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.demo to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.fleet to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.replay to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.run to
      io.weft.plugin.launcher;

  // The launcher's integration tests drive single processes of the distribution.
  exports io.weft.plugin.workload.network to
      io.weft.plugin.launcher;
  exports io.weft.plugin.workload.shared to
      io.weft.plugin.launcher;
}
