// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

/** Something that will happen at a virtual time. */
final class Event {
  final long time;
  final long sequence;
  final int node;
  final Runnable action;
  boolean cancelled;

  Event(long time, long sequence, int node, Runnable action) {
    this.time = time;
    this.sequence = sequence;
    this.node = node;
    this.action = action;
  }

  boolean isBefore(Event other) {
    return time != other.time ? time < other.time : sequence < other.sequence;
  }
}
