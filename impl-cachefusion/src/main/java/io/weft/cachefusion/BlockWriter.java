// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.WeftException;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * Writes blocks to a storage that may be full for a while: a write that finds no space is done
 * again, with growing pauses, until there is some. To everybody else it is a slow write: the block
 * stays in memory, its redo is kept, and all that is in memory is served meanwhile. Thread-safe.
 */
final class BlockWriter {
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final BlockStore store;
  private final NodeRuntime runtime;
  private final BooleanSupplier mayWrite;
  private final Setback lackOfSpace;

  /**
   * Makes a writer.
   *
   * @param mayWrite asked before a write is done again; false: it never completes, because the node
   *     is about to stop
   */
  BlockWriter(BlockStore store, NodeRuntime runtime, BooleanSupplier mayWrite) {
    this.store = store;
    this.runtime = runtime;
    this.mayWrite = mayWrite;
    this.lackOfSpace = new Setback(LOG, runtime::nanoTime);
  }

  /** See {@link BlockStore#write}. */
  void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      BlockStore.WriteCompletion completion) {
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
            completion.onWritten();
          }

          @Override
          public void onWriteFailed(WeftException reason) {
            if (reason.code().equals(StoreErrors.STORE_FULL)) {
              long delayNs =
                  lackOfSpace.met(
                      () ->
                          "changed blocks stay in memory and are written when there is space: "
                              + reason.getMessage());
              runtime.schedule(
                  delayNs,
                  () -> {
                    if (mayWrite.getAsBoolean()) {
                      write(file, number, version, fenceToken, physical, completion);
                    }
                  });
            } else {
              completion.onWriteFailed(reason);
            }
          }
        });
  }
}
