// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Shared storage that fails within its contract: blocks ({@link
 * io.weft.plugin.sim.storage.SimDisk}), redo logs ({@link io.weft.plugin.sim.storage.NodeLog},
 * {@link io.weft.plugin.sim.storage.SimLogDevice}) and the registry ({@link
 * io.weft.plugin.sim.storage.SimRegistry}).
 */
package io.weft.plugin.sim.storage;
