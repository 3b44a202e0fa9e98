// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

/** What the receiver does with a numbered frame. */
public enum Arrival {
  /** Hand it to its service. */
  DELIVER,
  /** It has been received before: drop it. */
  DUPLICATE,
  /** A frame before it is missing, which a working link cannot cause: break the connection. */
  GAP,
  /** It belongs to an older epoch: drop it; it counts as received. */
  STALE_EPOCH,
  /** It belongs to a view not yet installed here: {@link InboundSession#park} it. */
  FUTURE_EPOCH
}
