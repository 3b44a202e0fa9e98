// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** A scope that only reads. */
public interface Reading extends Scope {
  /** What this reading may show. */
  ReadConsistency consistency();
}
