// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** What a {@link Reading} may show. */
public enum ReadConsistency {
  /** Only versions whose redo is durable: what was read cannot be taken back by a crash. */
  STRICT,
  /** The latest version, which a crash of this node may take back. */
  RELAXED
}
