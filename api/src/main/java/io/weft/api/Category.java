// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** What the caller can do about an error. */
public enum Category {
  /** The call, the configuration or the environment is wrong. Repeating the call does not help. */
  USER,
  /** The call had no effect, and the same call may succeed later. */
  RETRYABLE,
  /**
   * The call has taken effect, but it is not known whether the effect is durable. The call must not
   * be repeated.
   */
  UNDECIDED,
  /** The node is stopping or has stopped. */
  FATAL
}
