// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.storage.SimStore;
import io.weft.spi.transport.Transport;

/**
 * What the engine of one node stands on: its ends of the network, of the storage and of time.
 *
 * @param runtime clocks, timers and tasks
 * @param transport end of the network
 * @param directory who masters what
 * @param store blocks
 * @param logDevice logs of all nodes
 * @param log its own redo log
 * @param registry the registry
 */
record NodeDevices(
    SimRuntime runtime,
    Transport transport,
    SimDirectory directory,
    SimStore store,
    SimLogDevice.View logDevice,
    NodeLog log,
    SimRegistry.View registry) {}
