// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

/** The time of a simulation, which goes on from event to event. */
@FunctionalInterface
public interface VirtualTime {
  /** Virtual nanoseconds since the start. */
  long now();
}
