// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The ways in which an access gets its block. Each has its own count and latency distribution. */
public enum Stage {
  /** The node held the block already. Only a sample of these accesses is timed. */
  LOCAL_HIT,
  /** No node held the block. The master granted it, and it was read from storage. */
  DISK_GRANT,
  /** Shipped from another node, where the requester or the holder is the master: two messages. */
  TWO_HOP,
  /** Shipped from another node, where a third node is the master: three messages. */
  THREE_HOP,
  /**
   * The node held the block in shared mode and was granted it exclusively without an image
   * transfer.
   */
  UPGRADE,
  /**
   * An exclusive request waited until other nodes had dropped their copies. Counted in addition to
   * the way in which the block arrived.
   */
  INVALIDATION
}
