// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

import java.util.Optional;

/** Something that will happen to a process at a virtual time. */
public final class Event {
  final long time;
  final long sequence;
  final SimProcess process;
  final Runnable action;

  /** The event that this one is, only later. */
  private final Optional<Event> original;

  private boolean cancelled;

  Event(long time, long sequence, SimProcess process, Runnable action) {
    this.time = time;
    this.sequence = sequence;
    this.process = process;
    this.action = action;
    this.original = Optional.empty();
  }

  /** What should have happened at an earlier time. */
  Event(long time, long sequence, SimProcess process, Event late) {
    this.time = time;
    this.sequence = sequence;
    this.process = process;
    this.action = late.action;
    this.original = Optional.of(late);
  }

  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled || original.isPresent() && original.get().isCancelled();
  }

  boolean isBefore(Event other) {
    return time != other.time ? time < other.time : sequence < other.sequence;
  }
}
