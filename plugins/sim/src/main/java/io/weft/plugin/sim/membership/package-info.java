// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Takes nodes through their views ({@link io.weft.plugin.sim.membership.Driver}): by a script that
 * knows everything ({@link io.weft.plugin.sim.membership.SimMembership}), or by the engine's own
 * membership, watched ({@link io.weft.plugin.sim.membership.ClusterDriver}).
 */
package io.weft.plugin.sim.membership;
