// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

/** What the receiver must do with a numbered frame. */
public enum Arrival {
  /** Deliver it to the handler of its service. */
  DELIVER,
  /** It has been received before: drop it. */
  DUPLICATE,
  /** An earlier frame is missing, which a working link cannot cause: close the connection. */
  GAP,
  /** It belongs to an older epoch: drop it. It counts as received. */
  STALE_EPOCH,
  /** It belongs to a view not yet installed here: {@link InboundSession#park} it. */
  FUTURE_EPOCH
}
