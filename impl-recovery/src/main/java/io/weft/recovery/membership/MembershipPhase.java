// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/** The phase of a node's own membership, from start to end. The order is that of the codec. */
enum MembershipPhase {
  /** Not asked to join yet, or not able to: the registry has not been read. */
  STARTING,
  /** Asks to be taken into a view. */
  JOINING,
  /** Belongs to a view. */
  MEMBER,
  /** Has given up everything and asks to be left out. */
  LEAVING,
  /**
   * Belongs to no view any more, or has stopped: it sends no messages any more, not even a status.
   */
  GONE;

  /** Whether it has not been in a view yet. */
  boolean isNew() {
    return this == STARTING || this == JOINING;
  }

  /**
   * Whether this phase may follow; {@link ViewAgreement} has the drawing. The end may come at any
   * time, and once more when it has come: an answer of the registry may still give a reason for it.
   */
  boolean mayBecome(MembershipPhase next) {
    return switch (next) {
      case STARTING -> false;
      case JOINING -> this == STARTING;
      case MEMBER -> this == JOINING;
      case LEAVING -> this == MEMBER;
      case GONE -> true;
    };
  }
}
