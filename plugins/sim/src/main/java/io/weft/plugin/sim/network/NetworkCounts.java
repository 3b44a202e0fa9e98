// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

/** How often what has happened on a simulated network. */
final class NetworkCounts {
  /** Messages that were handed to the engine after a later one of the same sender. */
  long reordered;

  /** Frames sent again after a reconnect. */
  long resent;

  /** Frames that arrived twice. */
  long duplicates;

  /** Broken connections. */
  long disconnects;

  /** Messages of older epochs that were dropped. */
  long dropped;

  /** Messages of newer epochs that were kept. */
  long parked;

  /** Sessions that were lost. */
  long lost;
}
