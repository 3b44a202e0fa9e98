// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The ways in which an access gets its block; each has its own count and latency distribution. */
public enum Stage {
  /** The node held the block already. Timed for a sample of the accesses only. */
  LOCAL_HIT,
  /** Nobody held the block: granted by its master and read from storage. */
  DISK_GRANT,
  /** Shipped from another node, requester or holder being the master: two messages to use. */
  TWO_HOP,
  /** Shipped from another node through a master elsewhere: three messages to use. */
  THREE_HOP,
  /** The node held the block shared and was granted it exclusively without an image. */
  UPGRADE,
  /** An exclusive request waited for invalidations of other nodes; counted in its way, too. */
  INVALIDATION
}
