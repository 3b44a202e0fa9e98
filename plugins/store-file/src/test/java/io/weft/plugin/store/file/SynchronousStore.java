// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Waits for the completions of a store, so that tests read from top to bottom. */
final class SynchronousStore
    implements AutoCloseable, BlockStore.ReadCompletion, BlockStore.WriteCompletion {
  private static final long PATIENCE_S = 30;

  final BlockStore store;
  final MemorySegment block;
  private final BlockingQueue<Object> results = new LinkedBlockingQueue<>();

  SynchronousStore(BlockStore store) {
    this.store = store;
    this.block = Arena.ofAuto().allocate(store.layout().physicalBytes(), Long.BYTES);
  }

  /** Writes a block whose content is {@code value} and zeros. */
  void write(int file, long number, long version, long value) {
    block.fill((byte) 0);
    block.set(JAVA_LONG, BlockLayout.HEADER_BYTES, value);
    store.write(file, number, version, 1, block, this);
    result();
  }

  /** Reads a block into {@link #block} and returns its version. */
  long read(int file, long number) {
    block.fill((byte) 0xEE);
    store.read(file, number, block, this);
    return (long) result();
  }

  /** The first eight bytes of the content that was read last. */
  long value() {
    return block.get(JAVA_LONG, BlockLayout.HEADER_BYTES);
  }

  Object result() {
    try {
      Object result = results.poll(PATIENCE_S, TimeUnit.SECONDS);
      switch (result) {
        case null -> throw new AssertionError("no completion within " + PATIENCE_S + " s");
        case WeftException failure -> throw failure;
        default -> {
          return result;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void onRead(long version) {
    results.add(version);
  }

  @Override
  public void onReadFailed(WeftException reason) {
    results.add(reason);
  }

  @Override
  public void onWritten() {
    results.add("written");
  }

  @Override
  public void onWriteFailed(WeftException reason) {
    results.add(reason);
  }

  @Override
  public void close() {
    store.close();
  }
}
