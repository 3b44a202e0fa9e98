// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.plugin.sim.time.SimProcess;
import java.lang.foreign.MemorySegment;

/** Looks at the payloads that leave a node of a simulated network. */
@FunctionalInterface
public interface PayloadCheck {
  /** {@code process} hands an image to the network. */
  void onShip(SimProcess process, MemorySegment image, int checksum);
}
