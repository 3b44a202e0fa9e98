// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** What the receiver of an error can do about it. */
public enum Category {
  /** The call, the configuration or the environment is wrong; repeating it changes nothing. */
  USER,
  /** The same call may succeed later. */
  RETRYABLE,
  /** The node stops or has stopped. */
  FATAL
}
