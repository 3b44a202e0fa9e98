// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs whole clusters in one thread, in virtual time, from a seed.
 *
 * <h2>Layers</h2>
 *
 * <p>Each layer is a package that uses only itself and the packages below it. Within a package no
 * two classes use each other, directly or through others. {@code arch-tests} enforces both. A lower
 * class calls a higher one through an interface of the lower layer: {@code SimStorage.Owner},
 * {@code NodeFactory.Owner}, {@code Driver.Host}, {@code ViewChange.Owner}, {@code
 * CommitChecks.Committer}.
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
 * <p>A run begins in {@code SimCluster.run}. {@link io.weft.plugin.sim.run.ClusterSteps#step} lets
 * one event happen and has {@link io.weft.plugin.sim.run.Invariants} check what it may have broken.
 * {@link io.weft.plugin.sim.cluster.FaultInjector} decides which fault happens when.
 *
 * <p>A public class of a layer is one that other layers or the tests use. The module exports
 * nothing: its own tests are its users.
 */
package io.weft.plugin.sim;
