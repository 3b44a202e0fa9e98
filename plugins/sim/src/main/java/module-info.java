// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs whole clusters in one thread, in virtual time, from a seed: the engine as it is, on a
 * network, disk, redo log and clock that misbehave within their contracts, watched by the
 * invariants of the specification after every step.
 *
 * <p>Reading order: {@code Simulation}, {@code SimProcess}, {@code SimNetwork}, {@code SimDisk},
 * {@code NodeLog}, {@code SimLogDevice}, {@code History}, {@code Actor}, {@code Invariants}, {@code
 * SimMembership}, {@code FaultInjector}, {@code SimCluster}.
 */
module io.weft.plugin.sim {
  requires io.weft.cachefusion;
  requires io.weft.plugin.fd.timeout;
  requires io.weft.recovery;
  requires transitive io.weft.spi;

  exports io.weft.plugin.sim;
}
