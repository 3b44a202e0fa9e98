// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What happens to the nodes of a cluster from outside: they are started and killed ({@link
 * io.weft.plugin.sim.cluster.NodeLifecycle}), harmed ({@link
 * io.weft.plugin.sim.cluster.FaultInjector}), and mended ({@link
 * io.weft.plugin.sim.cluster.Operator}).
 */
package io.weft.plugin.sim.cluster;
