// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

/**
 * Priority classes of messages, lowest first. Transports send a higher lane first. No handler waits
 * and no send refuses, so full queues cannot form a cycle: what a node may have in the lower lanes
 * is bounded by the frames that its requests have reserved, and the higher lanes only carry what
 * those requests cause.
 */
public enum Lane {
  /** Requests and releases; bounded by admission credits. */
  REQUEST,
  /** Forwards and invalidations; bounded by the requests of all nodes. */
  FORWARD,
  /** Images, grants, acknowledgements; bounded by the requests of this node. */
  RESPONSE,
  /** Heartbeats, views, goodbyes, session acknowledgements. */
  CONTROL
}
