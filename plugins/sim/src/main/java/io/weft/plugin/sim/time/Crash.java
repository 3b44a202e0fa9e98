// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

/** Ends the step in which a process dies in the middle of a call to a device. */
final class Crash extends Error {
  private static final long serialVersionUID = 1L;

  Crash(SimProcess process) {
    super(process + " has died inside a call", null, false, false);
  }
}
