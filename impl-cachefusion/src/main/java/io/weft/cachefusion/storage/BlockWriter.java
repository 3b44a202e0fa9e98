// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import io.weft.api.WeftException;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.runtime.Setback;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/**
 * Writes blocks to a storage that may be full for some time. A caller whose write finds no space
 * gets the time to wait before it tries again; the pauses grow. No write is in progress during a
 * pause. The block stays in memory, its redo is retained, and blocks in memory are still served.
 * Thread-safe.
 */
final class BlockWriter {
  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final BlockStore store;
  private final Rules rules;
  private final Setback lackOfSpace;

  BlockWriter(BlockStore store, LongSupplier nanoTime, Rules rules) {
    this.store = store;
    this.rules = rules;
    this.lackOfSpace = new Setback(LOG, nanoTime);
  }

  /** See {@link BlockStore#write}. */
  void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteAttempt attempt) {
    store.write(
        file,
        number,
        version,
        fenceToken,
        physical,
        new BlockStore.WriteCompletion() {
          @Override
          public void onWritten() {
            lackOfSpace.overcome();
            attempt.onWritten();
          }

          @Override
          public void onWriteFailed(WeftException reason) {
            boolean full = reason.code().equals(StoreErrors.STORE_FULL);
            if (rules.writesAgain(full)) {
              attempt.onNoSpace(
                  lackOfSpace.met(
                      () ->
                          "changed blocks stay in memory and are written when there is space: "
                              + reason.getMessage()));
            } else if (full) {
              attempt.onWritten();
            } else {
              attempt.onWriteFailed(reason);
            }
          }
        });
  }
}
