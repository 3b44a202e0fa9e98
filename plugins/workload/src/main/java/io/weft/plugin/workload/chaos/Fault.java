// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.chaos.Nemesis.Deed;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** A kind of fault as the command line names it, and what the nemesis may do for it. */
public enum Fault {
  /** Processes are killed. */
  KILL(List.of(), Deed.KILL),
  /** Processes stand still for less or more than a lease. */
  PAUSE(List.of(), Deed.PAUSE_SHORT, Deed.PAUSE_LONG),
  /** Nodes leave as planned. */
  LEAVE(List.of(), Deed.LEAVE),
  /** Nodes do not hear each other for less or more than a lease. */
  CUT(List.of(), Deed.CUT_SHORT, Deed.CUT_LONG),
  /** The storage of a node has no space for a while. */
  DISK_FULL(
      List.of("LOG_FULL", "STORE_FULL", "WRITE_FAILED", "REGISTRY_UNAVAILABLE", "DRAIN_FAILED"),
      Deed.DISK_FULL),
  /** Calls of the storage of a node fail. */
  EIO(
      List.of("LOG_IO", "READ_FAILED", "WRITE_FAILED", "REGISTRY_UNAVAILABLE", "NOT_ACCESSIBLE"),
      Deed.IO_ERROR,
      Deed.IO_ERRORS),
  /** Machines lose their power, and what was not forced. */
  POWER(List.of(), Deed.POWER_LOSS),
  /** Clocks do what their contract allows. */
  CLOCK(List.of(), Deed.CLOCK_STEP, Deed.CLOCK_LEAP, Deed.SUSPEND);

  /** Reasons for which a node may always stop: it has lost its membership, whatever the cause. */
  private static final List<String> ALWAYS_RIGHTFUL =
      List.of("EVICTED", "LEASE_LOST", "QUORUM_LOST");

  private final List<String> stops;
  private final List<Deed> deeds;

  /**
   * Names a fault.
   *
   * @param stops names of the error codes with which a node under this fault may stop
   * @param deeds what is done for it
   */
  Fault(List<String> stops, Deed... deeds) {
    this.stops = List.copyOf(stops);
    this.deeds = List.of(deeds);
  }

  /**
   * Whether a node may stop with a reason. Anything else is a defect.
   *
   * @param code as the node tells it, with number and name
   * @param suffered what was done to the node
   */
  static boolean excuses(String code, Collection<Fault> suffered) {
    return Stream.concat(
            ALWAYS_RIGHTFUL.stream(), suffered.stream().flatMap(fault -> fault.stops.stream()))
        .anyMatch(code::contains);
  }

  /** Its name on the command line and in reports. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether nodes need the plugin that lets storage and clocks fail. */
  boolean needsPlugin() {
    return switch (this) {
      case KILL, PAUSE, LEAVE, CUT -> false;
      case DISK_FULL, EIO, POWER, CLOCK -> true;
    };
  }

  /** The fault that a deed belongs to. */
  static Fault of(Deed deed) {
    return Arrays.stream(values())
        .filter(fault -> fault.deeds.contains(deed))
        .findFirst()
        .orElseThrow();
  }

  /** All deeds of some faults. */
  static Set<Deed> deeds(Iterable<Fault> faults) {
    Set<Deed> deeds = EnumSet.noneOf(Deed.class);
    faults.forEach(fault -> deeds.addAll(fault.deeds));
    return deeds;
  }
}
