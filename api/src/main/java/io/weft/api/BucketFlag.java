// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * What keeps a bucket where it is.
 *
 * <p>There is no flag for a bucket that moved for some time only: every move lasts until another
 * one, or until a view gives the bucket to another master.
 */
public enum BucketFlag {
  /** {@link Mastery#pin} was called: it does not move by itself. */
  PINNED,
  /** It has blocks of a {@linkplain ResourceClass#SYSTEM system} file: it never moves. */
  SYSTEM,
  /** It is being moved: requests for its blocks wait. */
  MOVING
}
