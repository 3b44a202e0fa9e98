// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/** The state of a known node, as a view record has it. The order is that of the codec. */
enum EntryState {
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

  /** Whether a node of this state belongs to the view. */
  boolean belongs() {
    return this == MEMBER || this == WITNESS;
  }
}
