// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

/** Ends the step in which a process dies in the middle of a call to a device. */
public final class Crash extends Error {
  private static final long serialVersionUID = 1L;

  public Crash(SimProcess process) {
    super(process + " has died inside a call", null, false, false);
  }
}
