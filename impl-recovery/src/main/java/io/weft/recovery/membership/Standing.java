// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/** What a view says about a node that the cluster knows. The order is that of the codec. */
enum Standing {
  /** Masters and serves blocks. */
  MEMBER,
  /** Votes, masters and serves nothing. */
  WITNESS,
  /** Has given up everything and gone; counts for no quorum until it comes back. */
  LEFT,
  /** Has been taken out with this view or one before; whether it is fenced is not certain yet. */
  OUT,
  /** Has been taken out, has stopped and is fenced for ever. */
  FENCED;

  /** Whether a node of this standing belongs to the view. */
  boolean belongs() {
    return this == MEMBER || this == WITNESS;
  }
}
