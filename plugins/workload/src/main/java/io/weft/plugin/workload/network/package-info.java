// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A network between the node processes of one run that can be cut, pair by pair and direction by
 * direction. {@link io.weft.plugin.workload.network.NodeNetwork} makes it of Linux network
 * namespaces and needs nothing but {@code ip} of iproute2 and the right to use it.
 */
package io.weft.plugin.workload.network;
