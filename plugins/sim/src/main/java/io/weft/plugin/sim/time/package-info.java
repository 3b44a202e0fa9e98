// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Virtual time: one thread, one queue of events, one source of chance ({@link
 * io.weft.plugin.sim.time.Simulation}), and the processes to which events happen ({@link
 * io.weft.plugin.sim.time.SimProcess}). Every step is in the {@link io.weft.plugin.sim.time.Trace};
 * a broken {@link io.weft.plugin.sim.time.Invariant} ends the run.
 */
package io.weft.plugin.sim.time;
