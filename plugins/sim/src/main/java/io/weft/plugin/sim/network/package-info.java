// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A network that loses, delays and reorders within its contract; the way of a message is drawn at
 * {@link io.weft.plugin.sim.network.SimNetwork}.
 */
package io.weft.plugin.sim.network;
