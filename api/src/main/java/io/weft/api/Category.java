// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** What the receiver of an error can do about it. */
public enum Category {
  /** The call, the configuration or the environment is wrong; repeating it changes nothing. */
  USER,
  /** The call had no effect, and the same call may succeed later. */
  RETRYABLE,
  /**
   * The call has had its effect, but whether it lasts is not known yet; it must not be repeated.
   */
  UNDECIDED,
  /** The node stops or has stopped. */
  FATAL
}
