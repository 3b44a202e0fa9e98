// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockValue;

/**
 * The value of a lock as a node or its master knows it.
 *
 * @param version number from the {@link LockClock}; of two values, the one with the larger version
 *     is newer
 * @param value the bytes, or why there are none
 */
record StoredValue(long version, LockValue value) {
  /** What a node knows of a lock that it has never had. */
  static final StoredValue UNKNOWN = new StoredValue(0, LockValue.ABSENT);
}
