// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.plugin.sim.time.SimProcess;
import java.util.List;
import java.util.Optional;

/** What two processes say to each other, over any number of connections. */
final class SimSession {
  private final SimDirection forth;
  private final SimDirection back;

  /** A session whose one direction is {@code forth}. */
  SimSession(SimDirection forth) {
    this.forth = forth;
    this.back = forth.reverse();
  }

  /** Both directions. */
  List<SimDirection> directions() {
    return List.of(forth, back);
  }

  boolean isBetween(SimProcess a, SimProcess b) {
    return forth.from() == a && forth.to() == b || forth.from() == b && forth.to() == a;
  }

  /** The direction from a process, if it takes part. */
  Optional<SimDirection> from(SimProcess sender) {
    return directions().stream().filter(direction -> direction.from() == sender).findFirst();
  }

  /** Whether one of them has given it up. */
  boolean isOver() {
    return forth.isOver() || back.isOver();
  }

  /** Both ends hear that it has begun, each at its own time. */
  void begin() {
    directions().forEach(SimDirection::begin);
  }

  /** Both ends notice that the connection has broken, unless something is cut. */
  void tellDisconnected() {
    directions().forEach(SimDirection::tellDisconnected);
  }

  /** Each end gives it up at its own time. */
  void lose(String why) {
    directions().forEach(direction -> direction.loseLater(why));
  }

  /** Its connection is gone. */
  void down() {
    directions().forEach(SimDirection::down);
  }
}
