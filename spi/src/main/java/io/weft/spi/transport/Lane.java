// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

/**
 * Priority classes of messages, lowest first. Transports send a higher lane first. No handler waits
 * and no send is refused, so full queues cannot cause a deadlock. The frames that a node has
 * reserved for its requests bound its messages in the lower lanes. The higher lanes carry only
 * messages that those requests cause.
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
