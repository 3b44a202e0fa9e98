// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs whole clusters in one thread, in virtual time, from a seed: the engine as it is, on a
 * network, disk, redo log and clock that misbehave within their contracts, watched by the
 * invariants of the specification after every step.
 *
 * <p>Reading order: {@code SimCluster}, which puts the parts together; then the layers from {@code
 * time} up to {@code run}, which the page of the package lists. Exports nothing: its own tests are
 * its users.
 */
module io.weft.plugin.sim {
  requires io.weft.cachefusion;
  requires io.weft.plugin.fd.timeout;
  requires io.weft.recovery;
  requires io.weft.spi;
}
