// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The point at which {@link Change#commit(Durability)} returns. */
public enum Durability {
  /** When the change's redo is durable. */
  SYNC,
  /** When the redo has been handed to the next group write. A crash may lose the change. */
  GROUP,
  /** At once. A crash may lose the change. */
  ASYNC
}
