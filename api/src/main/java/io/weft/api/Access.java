// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The kind of access that a request for a block asks for. */
public enum Access {
  /** To read. Other readers in the cluster are allowed at the same time. */
  SHARED,
  /** To read and change. No other node has access at the same time. */
  EXCLUSIVE
}
