// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** How often a bucket is used. */
public enum Heat {
  /** More than 1,000 requests in the decayed count, the last of them within 60 s. */
  HOT,
  /** More than 100 requests in the decayed count, the last of them within 300 s. */
  WARM,
  /** Less, or not known to its master. */
  COLD
}
