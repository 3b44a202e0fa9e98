// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import io.weft.spi.store.BlockStore;

/** The completion of a write to a storage that may be full. */
public interface WriteAttempt extends BlockStore.WriteCompletion {
  /**
   * There was no space, and the write has ended. The caller may repeat it.
   *
   * @param delayNs how long to wait before that, in nanoseconds
   */
  void onNoSpace(long delayNs);
}
