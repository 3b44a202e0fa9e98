// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The longest of the times that were measured, if any was. Used by one thread at a time. */
public final class LongestTime {
  private OptionalLong ns = OptionalLong.empty();

  /** Makes it, without a time. */
  public LongestTime() {}

  /** A time has been measured, in nanoseconds. */
  public void addNs(long time) {
    ns = OptionalLong.of(Math.max(time, ns.orElse(time)));
  }

  /** A time has been measured, in microseconds. */
  public void addMicros(long time) {
    addNs(1000 * time);
  }

  /** The longest time in milliseconds; empty if none was measured. */
  public OptionalDouble millis() {
    return ns.isPresent() ? OptionalDouble.of(ns.getAsLong() / 1e6) : OptionalDouble.empty();
  }
}
