// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** When {@link Change#commit(Durability)} returns. */
public enum Durability {
  /** When the change's redo is durable. */
  SYNC,
  /** When the redo has been handed to the next group write; a crash may lose it. */
  GROUP,
  /** At once; a crash may lose it. */
  ASYNC
}
