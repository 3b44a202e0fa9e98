// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Nodes: the engine as it is, on simulated devices ({@link io.weft.plugin.sim.node.NodeFactory},
 * {@link io.weft.plugin.sim.node.SimNode}), and what all nodes of a cluster have in common: the
 * storage, which nodes reach each other, and the rules of membership and recovery, which the
 * planted-bug drill breaks ({@link io.weft.plugin.sim.node.RecoveryRules}).
 */
package io.weft.plugin.sim.node;
