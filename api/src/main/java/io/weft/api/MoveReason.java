// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Why a node became the master of a bucket. */
public enum MoveReason {
  /** It asks for the blocks of the bucket more often than any other node. */
  AFFINITY,
  /** It had less work for other nodes, or fewer buckets, than its share. */
  LOAD_BALANCE,
  /** The former master is not a member any more. */
  FAILOVER,
  /** {@link Mastery#remaster} was called. */
  MANUAL
}
