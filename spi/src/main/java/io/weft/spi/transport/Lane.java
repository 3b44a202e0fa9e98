// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

/**
 * Priority classes of messages, lowest first. A handler only causes messages of a higher lane than
 * the one it handles (or of the control lane), so no cycle of full queues can form. Transports send
 * a higher lane first.
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
