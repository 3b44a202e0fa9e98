// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** A scope that only reads. */
public interface Reading extends Scope {
  /** Which versions this reading may return. */
  ReadConsistency consistency();
}
