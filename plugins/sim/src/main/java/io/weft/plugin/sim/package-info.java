// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs whole clusters in one thread, in virtual time, from a seed.
 *
 * <h2>Layers</h2>
 *
 * <p>Each class uses classes of its own layer and of those below it, and none that uses it; {@code
 * arch-tests} enforces that there is no circle. A higher class that a lower one has to tell
 * something is known to it as an interface of the lower one: {@code SimStorage.Owner}, {@code
 * NodeFactory.Owner}, {@code Driver.Host}, {@code ViewChange.Owner}, {@code
 * CommitChecks.Committer}.
 *
 * <pre>
 *   SimCluster   puts the parts together, and takes a run from its beginning to its end
 *   run          Actors, Actor, ActorChecks, CommitChecks, ShipChecks, Invariants, ClusterSteps
 *   cluster      NodeLifecycle, FaultInjector, Operator, Checkpoints
 *   membership   Driver: SimMembership with ViewChange, or ClusterDriver with Contacts
 *   node         NodeFactory, SimNode, SimStorage, Nodes, LogHistory, Reachability, Interruptions
 *   options      SimOptions, Faults, Workload, Bounds, Mistake
 *   device       SimNetwork, SimDisk, NodeLog, SimLogDevice, SimRegistry, SimRuntime, SimDirectory
 *   history      Blocks, History, Holders
 *   time         Simulation, SimProcess, EventQueue, Delay, Trace, Invariant, IoWatch
 * </pre>
 */
package io.weft.plugin.sim;
