// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import io.weft.spi.store.BlockStore;

/** As {@link BlockStore.WriteCompletion}, of a storage that may be full. */
public interface WriteAttempt extends BlockStore.WriteCompletion {
  /**
   * There was no space, and nothing is under way any more: it may be repeated or not.
   *
   * @param delayNs how long to wait before that
   */
  void onNoSpace(long delayNs);
}
