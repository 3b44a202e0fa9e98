// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Nodes: the engine as it is, on simulated devices ({@link io.weft.plugin.sim.node.NodeFactory},
 * {@link io.weft.plugin.sim.node.SimNode}), and what all nodes of a cluster have in common: the
 * storage, who reaches whom, and which of its rules the engine breaks ({@link
 * io.weft.plugin.sim.node.RecoveryRules}).
 */
package io.weft.plugin.sim.node;
