// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A run: users ({@link io.weft.plugin.sim.run.Actors}), what is checked while they work ({@link
 * io.weft.plugin.sim.run.Invariants}, {@link io.weft.plugin.sim.run.ActorChecks}, {@link
 * io.weft.plugin.sim.run.CommitChecks}, {@link io.weft.plugin.sim.run.ShipChecks}), one step after
 * the other ({@link io.weft.plugin.sim.run.ClusterSteps}), to the end ({@link
 * io.weft.plugin.sim.run.Draining}).
 */
package io.weft.plugin.sim.run;
