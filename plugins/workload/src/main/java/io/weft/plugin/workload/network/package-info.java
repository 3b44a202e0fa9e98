// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A network between the node processes of one run, of which each direction between two nodes can be
 * cut. {@link io.weft.plugin.workload.network.NodeNetwork} builds it from Linux network namespaces,
 * and needs only {@code ip} of iproute2 and the right to use it.
 */
package io.weft.plugin.workload.network;
