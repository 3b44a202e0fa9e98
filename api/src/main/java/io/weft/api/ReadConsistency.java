// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Which versions a {@link Reading} may return. */
public enum ReadConsistency {
  /** Only versions whose redo is durable. A crash cannot undo what was read. */
  STRICT,
  /** The latest version. A crash of this node may undo it. */
  RELAXED
}
