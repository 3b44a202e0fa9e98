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

/**
 * A kind of fault, as named on the command line, with the actions that the nemesis may take for it.
 */
public enum Fault {
  /** Processes are killed. */
  KILL(List.of(), Deed.KILL),
  /** Processes are paused for less or more than a membership lease. */
  PAUSE(List.of(), Deed.PAUSE_SHORT, Deed.PAUSE_LONG),
  /** Nodes leave as planned. */
  LEAVE(List.of(), Deed.LEAVE),
  /** Links between nodes are cut for less or more than a membership lease. */
  CUT(List.of(), Deed.CUT_SHORT, Deed.CUT_LONG),
  /** The storage of a node is full for some time. */
  DISK_FULL(
      List.of("LOG_FULL", "STORE_FULL", "WRITE_FAILED", "REGISTRY_UNAVAILABLE", "DRAIN_FAILED"),
      Deed.DISK_FULL),
  /** Calls of the storage of a node fail. */
  EIO(
      List.of("LOG_IO", "READ_FAILED", "WRITE_FAILED", "REGISTRY_UNAVAILABLE", "NOT_ACCESSIBLE"),
      Deed.IO_ERROR,
      Deed.IO_ERRORS),
  /** Machines lose their power and their unforced writes. */
  POWER(List.of(), Deed.POWER_LOSS),
  /** Clocks show errors within their contract. */
  CLOCK(List.of(), Deed.CLOCK_STEP, Deed.CLOCK_LEAP, Deed.SUSPEND);

  /** Error codes with which a node may always stop: it has lost its membership. */
  private static final List<String> ALWAYS_RIGHTFUL =
      List.of("EVICTED", "LEASE_LOST", "QUORUM_LOST");

  private final List<String> stops;
  private final List<Deed> deeds;

  /**
   * Defines a fault.
   *
   * @param stops names of the error codes with which a node under this fault may stop
   * @param deeds the actions for it
   */
  Fault(List<String> stops, Deed... deeds) {
    this.stops = List.copyOf(stops);
    this.deeds = List.of(deeds);
  }

  /**
   * Whether a node may stop with an error code; any other stop is a defect.
   *
   * @param code as the node reports it, with number and name
   * @param suffered the faults injected on the node
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

  /** Whether nodes need the plugin that injects faults of storage and clocks. */
  boolean needsPlugin() {
    return switch (this) {
      case KILL, PAUSE, LEAVE, CUT -> false;
      case DISK_FULL, EIO, POWER, CLOCK -> true;
    };
  }

  /** The fault to which an action belongs. */
  static Fault of(Deed deed) {
    return Arrays.stream(values())
        .filter(fault -> fault.deeds.contains(deed))
        .findFirst()
        .orElseThrow();
  }

  /** The actions of some faults. */
  static Set<Deed> deeds(Iterable<Fault> faults) {
    Set<Deed> deeds = EnumSet.noneOf(Deed.class);
    faults.forEach(fault -> deeds.addAll(fault.deeds));
    return deeds;
  }
}
