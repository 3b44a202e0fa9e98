// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What is true, whatever the engine thinks: the versions of all blocks ({@link
 * io.weft.plugin.sim.history.History}), and which nodes hold leases of them ({@link
 * io.weft.plugin.sim.history.Holders}).
 */
package io.weft.plugin.sim.history;
