// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs whole clusters in one thread, in virtual time, from a seed.
 *
 * <h2>Layers</h2>
 *
 * <p>Each is a package, and uses itself and those below it; no class uses one that uses it. {@code
 * arch-tests} enforces both. A higher class that a lower one has to tell something is known to it
 * as an interface of the lower one: {@code SimStorage.Owner}, {@code NodeFactory.Owner}, {@code
 * Driver.Host}, {@code ViewChange.Owner}, {@code CommitChecks.Committer}.
 *
 * <pre>
 *   io.weft.plugin.sim   puts the parts together, and takes a run from beginning to end: SimCluster
 *   run                  users, what is checked while they work, and the end of a run
 *   cluster              starts nodes, kills, harms and mends them
 *   membership           takes nodes through their views, by a script or by the engine's own
 *   node                 the engine as it is, on simulated devices
 *   options              what a seed decides before the run begins
 *   storage              blocks, redo logs and the registry
 *   network              links, sessions and messages
 *   history              what is true, whatever the engine thinks
 *   time                 events, processes and chance; the trace; what an invariant is
 * </pre>
 *
 * <p>What is public in a layer is what the others and the tests use of it. The module exports none
 * of it: its own tests are its users.
 */
package io.weft.plugin.sim;
