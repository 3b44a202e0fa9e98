// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** What a request for a block asks for. */
public enum Access {
  /** To read, together with other readers. */
  SHARED,
  /** To read and change, alone in the cluster. */
  EXCLUSIVE
}
